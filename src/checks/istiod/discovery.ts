import { isInjected, type MeshConfig } from '../../istio/index.ts';
import { type KubeObject, matchesSelector } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, skip } from '../../report/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { failures, verdict } from '../engine/findings.ts';
import { gatewayNamespaces } from '../facts/crossing-services.ts';
import { namespacedNameOf } from '../facts/istio-objects.ts';

export const discovery = defineCheck({
  id: 'discovery',
  title: 'istiod sees the gateways and the shared namespaces of every cluster',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters', 'istiod'],
  readsEveryCluster: true,
  cause:
    'meshConfig.discoverySelectors choose namespaces by labels, in every cluster that this istiod reads, and a label is missing in one',
  inspect: [
    'kubectl --context CLUSTER -n istio-system get configmap istio -o yaml',
    'kubectl --context CLUSTER get namespaces --show-labels',
  ],
  fix: 'give the namespace the label that the selectors ask for, in every cluster that has it',
  timeoutMs: 15_000,
  async run(context, cluster) {
    const configs = await context.facts.meshConfigs(cluster);
    const choosing = configs.filter(({ discoverySelectors = [] }) => discoverySelectors.length > 0);
    const seen = await Promise.all(context.clusters.map((one) => namespaceFacts(one, context)));
    const places = seen.flatMap((one) => one ?? []);
    const looked = places.reduce((sum, place) => sum + wanted(place).length, 0);
    if (places.length === 0) return skip('no cluster answers, so no namespace was looked at');
    const reader = { cluster: cluster.spec.name, network: cluster.spec.network };
    const found = choosing.flatMap((config) => hiddenFindings(reader, config, places));
    const how = choosing.length > 0 ? 'chosen by discoverySelectors' : 'all of which are seen';
    const detail = `${looked} namespaces of gateways and with sidecars in ${places.length} clusters, ${how}`;
    const nothing = 'no cluster has a namespace of a gateway or with sidecars';
    return verdict(failures(...found), { detail, looked, nothing });
  },
});

/** The namespaces of one cluster, and which of them its gateways are in. */
export interface NamespaceFacts {
  readonly cluster: string;
  readonly network: string;
  readonly namespaces: readonly KubeObject[];
  readonly gateways: readonly string[];
  /** `namespace/name` of every Service. */
  readonly services: ReadonlySet<string>;
}

/** Those that an istiod has to see. */
const wanted = ({ namespaces, gateways }: NamespaceFacts): KubeObject[] =>
  namespaces.filter((one) => isInjected(one) || gateways.includes(one.metadata?.name ?? ''));

async function namespaceFacts(
  cluster: MeshCluster,
  { facts }: CheckRunContext,
): Promise<NamespaceFacts | undefined> {
  if (!(await facts.answers(cluster))) return undefined;
  const [namespaces, gateways, services] = await Promise.all([
    facts.objects(cluster, 'v1', 'Namespace'),
    facts.gateways(cluster),
    facts.objects(cluster, 'v1', 'Service'),
  ]);
  const { name, network } = cluster.spec;
  const keys = new Set(services.map(namespacedNameOf));
  return { cluster: name, network, namespaces, gateways: gatewayNamespaces(gateways), services: keys };
}

type Reader = Pick<NamespaceFacts, 'cluster' | 'network'>;

/**
 * What the selectors of one istiod hide, in its own cluster and every other that it reads: namespaces of
 * gateways, where there are several networks, and namespaces with sidecars that it sees in some clusters and
 * not in others, though they have a Service in common. What it sees nowhere is taken for meant.
 */
export function hiddenFindings(
  reader: Reader,
  { discoverySelectors = [] }: MeshConfig,
  places: readonly NamespaceFacts[],
): Finding[] {
  const isSeen = ({ metadata }: KubeObject) =>
    discoverySelectors.some((selector) => matchesSelector(selector, metadata?.labels));
  const several = new Set(places.map(({ network }) => network)).size > 1;
  const asked = selectorText(discoverySelectors);
  return places.flatMap((place) => {
    const hidden = place.namespaces.filter((one) => !isSeen(one));
    const gateways = hidden.filter(({ metadata }) => place.gateways.includes(metadata?.name ?? ''));
    const inCommon = (name: string | undefined, other: NamespaceFacts) =>
      [...place.services].some((key) => key.startsWith(`${name}/`) && other.services.has(key));
    const seenElsewhere = (name: string | undefined) =>
      places.some(
        (other) =>
          inCommon(name, other) &&
          other.namespaces.some((one) => one.metadata?.name === name && isInjected(one) && isSeen(one)),
      );
    const shared = hidden.filter(
      (one) => isInjected(one) && !gateways.includes(one) && seenElsewhere(one.metadata?.name),
    );
    const context = { reader, place, asked };
    return [
      ...(several ? gateways.map((one) => finding(one, { ...context, what: 'gateway' })) : []),
      ...shared.map((one) => finding(one, { ...context, what: 'pods' })),
    ];
  });
}

interface Hiding {
  readonly reader: Reader;
  readonly place: NamespaceFacts;
  readonly asked: string;
  readonly what: 'gateway' | 'pods';
}

function finding({ metadata }: KubeObject, { reader, place, asked, what }: Hiding): Finding {
  const own = reader.cluster === place.cluster;
  const name = metadata?.name;
  return {
    cluster: place.cluster,
    object: `Namespace ${name}`,
    message: `is hidden from istiod of ${reader.cluster} by its discoverySelectors, so ${effect(what, { own, reader, place })}`,
    evidence: `meshConfig.discoverySelectors of ${reader.cluster}: ${asked}; labels here: ${labelText(metadata?.labels)}`,
    cause: 'an istiod’s selectors decide what it sees in its own cluster and in all others alike',
    fix: `give Namespace ${name} labels that match ${asked}: kubectl --context {context} label namespace ${name} KEY=VALUE`,
  };
}

function effect(
  what: Hiding['what'],
  { own, reader, place }: { readonly own: boolean; readonly reader: Reader; readonly place: NamespaceFacts },
): string {
  if (what === 'pods')
    return own
      ? `its own proxies know no pod of it here`
      : `callers of ${reader.cluster} get no pod of it in ${place.cluster}`;
  return own
    ? `its gateway there is told of no Gateway and lets nobody in`
    : `callers of ${reader.cluster} are given pods’ addresses of ${place.network} instead of its gateway’s`;
}

/** As `key=value,key in (a, b)`; several selectors are alternatives. */
const selectorText = (selectors: NonNullable<MeshConfig['discoverySelectors']>): string =>
  selectors
    .map(({ matchLabels = {}, matchExpressions = [] }) =>
      [
        ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
        ...matchExpressions.map(({ key, operator, values = [] }) =>
          [key, operator, values.length > 0 ? `(${values.join(', ')})` : ''].filter(Boolean).join(' '),
        ),
      ].join(','),
    )
    .join(' or ');

const labelText = (labels: Readonly<Record<string, string>> = {}): string =>
  Object.entries(labels)
    .filter(([key]) => key !== 'kubernetes.io/metadata.name')
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || 'none';
