import { isDeepStrictEqual } from 'node:util';
import type { MeshNetworks } from '../../istio/index.ts';
import type { DestinationRule, KubeObject } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, skip } from '../../report/index.ts';
import { DEFAULT_ISTIO_NAMESPACE, istioNamespaceOf } from '../../topology/index.ts';
import { defineCheck } from '../engine/check.ts';
import { eachCluster } from '../engine/each-cluster.ts';
import { type Findings, failures, merge, verdict, warnings } from '../engine/findings.ts';
import type { Facts } from '../facts/facts.ts';
import { hostOf, namespacedNameOf } from '../facts/istio-objects.ts';
import { nameOf } from '../facts/objects.ts';

export const configParity = defineCheck({
  id: 'config-parity',
  aliases: ['drift'],
  title: 'routing, security, telemetry and extensions are configured the same in every primary',
  scope: 'mesh',
  severity: 'error',
  needs: ['clusters', 'istiod'],
  cause: 'each primary reads its own cluster only, and configuration was applied to some clusters',
  inspect: [
    'kubectl --context CLUSTER get virtualservices,destinationrules,serviceentries,sidecars,envoyfilters -A -o yaml',
    'kubectl --context CLUSTER get peerauthentications,requestauthentications,authorizationpolicies -A -o yaml',
    'kubectl --context CLUSTER get telemetries,wasmplugins -A -o yaml',
  ],
  fix: 'apply the same configuration to every cluster',
  timeoutMs: 15_000,
  async run({ clusters, facts }) {
    if (clusters.length < 2) return skip('the mesh has one cluster');
    const [observations, unknown] = await Promise.all([
      eachCluster(clusters, (cluster) => read(cluster, facts)),
      eachCluster(clusters, (cluster) => unknownKinds(cluster, facts)),
    ]);
    const found = merge([
      failures(...unknown.flat()),
      warnings(...differences(observations), ...networkDifferences(observations)),
      subsetFindings(observations),
    ]);
    const looked = observations.reduce((sum, { objects }) => sum + objects.length, 0);
    const nothing = `no cluster has an object of ${kinds.map(([, kind]) => kind).join(', ')}`;
    return verdict(found, { detail: `${looked} objects of ${kinds.length} kinds agree`, looked, nothing });
  },
});

const kinds = [
  ['networking.istio.io/v1', 'VirtualService'],
  ['networking.istio.io/v1', 'DestinationRule'],
  ['networking.istio.io/v1', 'ServiceEntry'],
  ['networking.istio.io/v1', 'Sidecar'],
  ['networking.istio.io/v1alpha3', 'EnvoyFilter'],
  ['security.istio.io/v1', 'PeerAuthentication'],
  ['security.istio.io/v1', 'RequestAuthentication'],
  ['security.istio.io/v1', 'AuthorizationPolicy'],
  ['telemetry.istio.io/v1', 'Telemetry'],
  ['extensions.istio.io/v1alpha1', 'WasmPlugin'],
] as const;

/** A list of a kind that an API server does not have is empty, which must not be taken for agreement. */
async function unknownKinds(cluster: MeshCluster, facts: Facts): Promise<Finding[]> {
  const known = await Promise.all(kinds.map(([version, kind]) => facts.hasKind(cluster, version, kind)));
  const lacks = kinds.filter((_, index) => !known[index]);
  if (lacks.length === 0) return [];
  return [
    {
      cluster: cluster.spec.name,
      message: `its API server has no ${lacks.map(([version, kind]) => `${kind} of ${version}`).join(', ')}`,
      cause: 'Istio’s definitions are of an older version there, or were never applied',
      fix: 'bring Istio of this cluster, with its definitions, to the version of the others',
    },
  ];
}

/** What one cluster has of the kinds that a primary reads from its own cluster alone. */
export interface ConfigFacts {
  readonly cluster: string;
  /** Where what is for the whole mesh is; unknown when undefined. */
  readonly rootNamespace?: string | undefined;
  readonly objects: readonly { readonly kind: string; readonly object: KubeObject }[];
  /** `meshNetworks` of its istiod's ConfigMap, whose name it has; undefined where there is none that can be read. */
  readonly networks?: { readonly object: string; readonly stated: MeshNetworks['stated'] } | undefined;
}

async function read(cluster: MeshCluster, facts: Facts): Promise<ConfigFacts> {
  const [[config], { stated, fault }, ...lists] = await Promise.all([
    facts.meshConfigs(cluster),
    facts.meshNetworks(cluster),
    ...kinds.map(async ([apiVersion, kind]) =>
      (await facts.objects(cluster, apiVersion, kind)).map((object) => ({ kind, object })),
    ),
  ]);
  const rootNamespace = config?.rootNamespace ?? DEFAULT_ISTIO_NAMESPACE;
  const object = `ConfigMap ${istioNamespaceOf(cluster.spec)}/istio`;
  // Without an istiod of its own nobody reads it, and of what cannot be read the gateways check tells.
  const networks = config && fault === undefined ? { object, stated } : undefined;
  return { cluster: cluster.spec.name, rootNamespace, objects: lists.flat(), networks };
}

/** What is for the whole mesh is in each cluster's root namespace, whatever that is called there. */
const identity =
  ({ rootNamespace }: ConfigFacts) =>
  ({ kind, object }: ConfigFacts['objects'][number]): string =>
    object.metadata?.namespace === rootNamespace ? `${kind} /${object.metadata?.name}` : nameOf(kind, object);

/** Objects that only some clusters have, or that say something else there; one problem for each. */
export function differences(observations: readonly ConfigFacts[]): Finding[] {
  const names = [...new Set(observations.flatMap((one) => one.objects.map(identity(one))))].sort();
  return names.flatMap((name): Finding[] => {
    const copies = observations.map((observation) => ({
      cluster: observation.cluster,
      found: observation.objects.find((one) => identity(observation)(one) === name),
    }));
    const present = copies.flatMap(({ cluster, found }) => (found ? [{ cluster, found }] : []));
    const [first] = present;
    const absent = copies.filter(({ found }) => !found).map(({ cluster }) => cluster);
    const other = present.filter(
      ({ found }) => !isDeepStrictEqual(specOf(found.object), specOf(first?.found.object)),
    );
    if (!first || absent.length + other.length === 0) return [];
    const where =
      absent.length > 0
        ? `is only in ${present.map(({ cluster }) => cluster).join(', ')}, not in ${absent.join(', ')}`
        : `differs from the one in ${other.map(({ cluster }) => cluster).join(', ')}`;
    return [
      {
        cluster: first.cluster,
        object: nameOf(first.found.kind, first.found.object),
        message: where,
        ...driftWhy,
      },
    ];
  });
}

const driftWhy = {
  cause: 'clients obey the configuration of their own cluster, so the same request is treated differently',
  fix: 'apply it to every cluster, or delete it where it is not wanted',
};

/** Networks and gateways that one istiod is told of otherwise than the first: each sends by its own. */
export function networkDifferences(observations: readonly ConfigFacts[]): Finding[] {
  const [first, ...others] = observations.filter(({ networks }) => networks !== undefined);
  const other = others.filter(
    ({ networks }) => !isDeepStrictEqual(networks?.stated ?? [], first?.networks?.stated ?? []),
  );
  if (!first || other.length === 0) return [];
  const namesOf = ({ networks }: ConfigFacts) =>
    (networks?.stated ?? []).map(({ name }) => name).join(', ') || 'none';
  return [
    {
      cluster: first.cluster,
      object: first.networks?.object,
      message: `meshNetworks differs from that of ${other.map(({ cluster }) => cluster).join(', ')}`,
      evidence: [first, ...other].map((one) => `${one.cluster}: ${namesOf(one)}`).join('; '),
      cause:
        'each istiod takes networks and their gateways from its own, so the same request goes another way',
      fix: 'give the ConfigMap istio of every cluster the same meshNetworks',
    },
  ];
}

const specOf = (object: KubeObject | undefined): unknown => object?.['spec'] ?? {};

/** The gateway of another network knows a subset's SNI only if its own cluster declares that subset. */
export function subsetFindings(observations: readonly ConfigFacts[]): Findings {
  const declared = observations.map(({ cluster, objects }) => ({
    cluster,
    subsets: objects
      .filter(({ kind }) => kind === 'DestinationRule')
      .flatMap(({ object }) => subsets(object)),
  }));
  const problems = declared.flatMap(({ cluster, subsets: own }) =>
    own.flatMap(({ host, subset, rule }) => {
      const lacking = declared.filter(
        (one) => !one.subsets.some((other) => other.host === host && other.subset === subset),
      );
      if (lacking.length === 0) return [];
      const names = lacking.map((one) => one.cluster).join(', ');
      return [
        {
          cluster,
          object: `DestinationRule ${rule}`,
          message: `subset ${subset} of ${host} is not declared in ${names}`,
          cause: `the gateway of ${names} knows no such SNI and resets requests for this subset`,
          fix: `declare the subset in a DestinationRule of ${names} as well`,
        },
      ];
    }),
  );
  return failures(...problems);
}

function subsets(rule: DestinationRule): { host: string; subset: string; rule: string }[] {
  return (rule.spec?.subsets ?? []).map(({ name }) => ({
    host: hostOf(rule),
    subset: name,
    rule: namespacedNameOf(rule),
  }));
}
