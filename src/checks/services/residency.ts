import {
  actingClusterLocal,
  type ClusterLocal,
  covers,
  coversAny,
  fullHost,
  isClusterLocal,
  isClusterLocalForAll,
  isToldToKeep,
  settingOf,
} from '../../istio/index.ts';
import type { EndpointSlice } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Finding } from '../../report/index.ts';
import { DEFAULT_ISTIO_NAMESPACE, istioNamespaceOf, type ServiceSpec } from '../../topology/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { eachCluster } from '../engine/each-cluster.ts';
import { merge, verdict } from '../engine/findings.ts';
import { nameOf } from '../facts/objects.ts';
import { declared, fileFindings, policyKinds } from './parts/copies.ts';
import { strayEndpoints } from './parts/stray-endpoints.ts';

export const residency = defineCheck({
  id: 'residency',
  title: 'services that are kept in their clusters are so in every primary, gateway and proxy',
  scope: 'mesh',
  severity: 'error',
  needs: ['clusters', 'istiod', 'gateways'],
  retryWhileRollingOut: true,
  cause: 'clusterLocal is a setting of each istiod, and gateways let through what their Gateway lists',
  inspect: [
    'kubectl --context CLUSTER -n istio-system get configmap istio -o yaml',
    'kubectl --context CLUSTER get gateways.networking.istio.io -A -o yaml',
    'istioctl --context CLUSTER -n NAMESPACE proxy-config endpoints POD',
  ],
  fix: 'give every primary the same serviceSettings, and list in the cross-network Gateway what is shared instead of *.local',
  timeoutMs: 20_000,
  async run(context) {
    const wanted = declared(context, (service) => service.residency);
    const seen = await eachCluster(context.clusters, (cluster) => residencyFacts(context, cluster));
    const hosts = keptHosts(seen);
    const own = new Set(wanted.map(fullHost));
    const problems = await Promise.all(
      wanted.map(async (service) => [
        ...placeFindings(service, seen),
        ...(await strayEndpoints(context, fullHost(service))),
      ]),
    );
    const found = merge([
      {
        failures: [
          ...fileFindings(context, wanted, { copies: await policyKinds(context), of: 'policies' }),
          ...[...new Set([...hosts, ...own])].flatMap((host) => settingFindings(host, seen)),
          ...[...own].flatMap((host) => exposure(host, seen)),
          ...problems.flat(),
        ],
        warnings: [],
      },
      {
        failures: [],
        warnings: hosts.filter((host) => !own.has(host)).flatMap((host) => exposure(host, seen)),
      },
    ]);
    const all = [...new Set([...hosts, ...own])];
    const detail = `${all.length} hosts kept in their clusters: ${all.join(', ')}`;
    const nothing = 'no host is kept in its cluster';
    return verdict(found, { detail, looked: all.length, nothing });
  },
});

/** What one cluster does to keep hosts local. */
export interface ResidencyFacts {
  readonly cluster: string;
  /** Of its istiods; `istio-system` when undefined. */
  readonly istioNamespace?: string | undefined;
  /** By revision, as the mesh configuration says it. */
  readonly stated: readonly ClusterLocal[];
  /** By istiod pod, as it acts on it. */
  readonly acting: readonly { readonly pod: string; readonly settings: ClusterLocal }[];
  /** Hosts that each Gateway between networks lets through. */
  readonly shared: readonly { readonly gateway: string; readonly hosts: readonly string[] }[];
  /** `namespace/name` of Services that have endpoints here. */
  readonly served: ReadonlySet<string>;
}

async function residencyFacts(
  { facts, signal }: CheckRunContext,
  cluster: MeshCluster,
): Promise<ResidencyFacts> {
  const [stated, istiods, gateways, slices] = await Promise.all([
    facts.clusterLocal(cluster),
    facts.istiods(cluster),
    facts.gateways(cluster),
    facts.objects<EndpointSlice>(cluster, 'discovery.k8s.io/v1', 'EndpointSlice'),
  ]);
  const acting = await Promise.all(
    istiods
      .filter(({ ready }) => ready)
      .map(async ({ name }) => ({
        pod: name,
        settings: await actingClusterLocal(cluster, name, signal),
      })),
  );
  return {
    cluster: cluster.spec.name,
    istioNamespace: istioNamespaceOf(cluster.spec),
    stated,
    acting,
    shared: gateways.entries.flatMap((entry) =>
      (entry.spec?.servers ?? [])
        .filter(({ tls }) => tls?.mode === 'AUTO_PASSTHROUGH')
        .map(({ hosts = [] }) => ({ gateway: nameOf('Gateway', entry), hosts })),
    ),
    served: new Set(slices.filter(({ endpoints }) => (endpoints ?? []).length > 0).map(serviceOf)),
  };
}

const serviceOf = ({ metadata }: EndpointSlice): string =>
  `${metadata?.namespace}/${metadata?.labels?.['kubernetes.io/service-name']}`;

/** What somebody told a primary to keep, and exceptions of one primary from what another keeps. */
function keptHosts(seen: readonly ResidencyFacts[]): string[] {
  const all = seen.flatMap(({ stated }) => stated);
  const told = all.flat().flatMap(({ host, byDefault }) => (byDefault ? [] : [host]));
  return [...new Set(told)].filter((host) => all.some((settings) => isToldToKeep(settings, host))).sort();
}

/** The most specific setting wins, so another that covers the host as well is of no account. */
function exceptionOf(host: string, stated: readonly ClusterLocal[]): string {
  const exception = stated.map((settings) => settingOf(settings, host)).find((one) => one && !one.kept);
  return exception ? `, for its serviceSettings except ${exception.host}` : '';
}

/** Primaries that do not keep a host local, by their configuration or by what istiod acts on. */
export function settingFindings(host: string, seen: readonly ResidencyFacts[]): Finding[] {
  return seen.flatMap(({ cluster, istioNamespace = DEFAULT_ISTIO_NAMESPACE, stated, acting }): Finding[] => {
    const why = `proxies of ${cluster} get endpoints of ${host} in other clusters`;
    if (!isClusterLocalForAll(stated, host))
      return [
        {
          cluster,
          object: `ConfigMap ${istioNamespace}/istio`,
          message: `does not keep ${host} in its cluster${exceptionOf(host, stated)}`,
          cause: why,
          fix: `add ${host} to meshConfig.serviceSettings with settings.clusterLocal: true, and take it out of those without`,
        },
      ];
    return acting
      .filter(({ settings }) => !isClusterLocal(settings, host))
      .map(({ pod }) => ({
        cluster,
        object: `Pod ${istioNamespace}/${pod}`,
        message: `does not act on serviceSettings for ${host} yet`,
        cause: why,
        fix: 'wait for a minute, until the kubelet brought its file up to date, or restart it',
      }));
  });
}

/** Gateways that let a host through that is kept in its clusters: whoever has a certificate of the mesh gets in. */
export function exposure(host: string, seen: readonly ResidencyFacts[]): Finding[] {
  return seen.flatMap(({ cluster, shared }) =>
    shared
      .filter(({ hosts }) => coversAny(hosts, host))
      .map(({ gateway, hosts }) => ({
        cluster,
        object: gateway,
        message: `lets ${host} through to other networks, by ${hosts.find((one) => covers(one, host))}`,
        cause:
          'clusterLocal hides endpoints from callers, and a gateway still forwards what its Gateway lists',
        fix: 'list the hosts or namespaces that are shared there instead',
      })),
  );
}

/** Endpoints where none may be, or none where they must be. */
export function placeFindings(service: ServiceSpec, seen: readonly ResidencyFacts[]): Finding[] {
  const { name, namespace, host, residency: homes = [] } = service;
  const object = `Service ${namespace}/${name}`;
  const serving = seen
    .filter(({ served }) => served.has(`${namespace}/${name}`))
    .map(({ cluster }) => cluster);
  const strays = serving.filter((cluster) => !homes.includes(cluster));
  const found: Finding[] = strays.map((cluster) => ({
    cluster,
    object,
    message: `has endpoints here, and ${host} is to be in ${homes.join(', ')} alone`,
    cause: 'its pods were deployed to this cluster as well, and their data is here',
    fix: `remove the pods of ${host} here, or name ${cluster} among the clusters that it may be in`,
  }));
  if (serving.length > 0 && strays.length === serving.length)
    found.push({
      cluster: homes[0],
      object,
      message: `has no endpoint in ${homes.join(', ')}, the only clusters that it may be in`,
      cause: 'its pods are in other clusters, whose endpoints nobody may use',
      fix: 'deploy it where it may be, or name the clusters that it is in',
    });
  return found;
}
