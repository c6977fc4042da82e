import { isInjected } from '../../istio/index.ts';
import type { Pod, Service } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, skip } from '../../report/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { eachCluster } from '../engine/each-cluster.ts';
import { verdict } from '../engine/findings.ts';
import { namespacedNameOf } from '../facts/istio-objects.ts';
import { ownGateways } from '../facts/own-gateways.ts';
import { type Caller, callersOf, captureFindings } from './parts/dns-capture.ts';

export const services = defineCheck({
  id: 'services',
  title: 'a Service of a shared namespace is in every cluster whose pods may call it',
  scope: 'mesh',
  severity: 'warning',
  needs: ['clusters'],
  cause: 'a cluster’s DNS knows only its own Services, so callers elsewhere cannot resolve the name',
  inspect: [
    'kubectl --context CLUSTER get services -A',
    'kubectl --context CLUSTER get namespaces --show-labels',
    'kubectl --context CLUSTER get pods -A -o yaml | grep -A1 ISTIO_META_DNS_CAPTURE',
  ],
  fix: 'create the same Service, without pods, in every cluster, or turn on DNS proxying of the sidecars',
  timeoutMs: 15_000,
  async run(context) {
    const { clusters } = context;
    if (clusters.length < 2) return skip('the mesh has one cluster');
    const observations = await eachCluster(clusters, (cluster) => read(cluster, context));
    const found = [...missingServices(observations), ...unevenCapture(observations)];
    const looked = sharedServices(observations).length;
    const detail = `${looked} Services of shared namespaces, each where it is needed`;
    const nothing = 'no namespace whose pods get sidecars has a Service';
    return verdict({ failures: [], warnings: found }, { detail, looked, nothing });
  },
});

export interface ServiceFacts {
  readonly cluster: string;
  readonly network: string;
  /** Namespaces whose pods get sidecars. */
  readonly injected: ReadonlySet<string>;
  /** `namespace/name` of every Service. */
  readonly services: ReadonlySet<string>;
  /** Those of them that have no address of their own. */
  readonly headless: ReadonlySet<string>;
  /** New sidecars, of every revision, answer DNS for every Service of the mesh. */
  readonly proxiesDns: boolean;
  readonly callers: readonly Caller[];
}

async function read(cluster: MeshCluster, { facts }: CheckRunContext): Promise<ServiceFacts> {
  const { spec } = cluster;
  const [namespaces, all, pods, configs] = await Promise.all([
    facts.objects(cluster, 'v1', 'Namespace'),
    facts.objects<Service>(cluster, 'v1', 'Service'),
    facts.objects<Pod>(cluster, 'v1', 'Pod'),
    facts.meshConfigs(cluster),
  ]);
  return {
    cluster: spec.name,
    network: spec.network,
    injected: new Set(namespaces.filter(isInjected).map(({ metadata }) => metadata?.name ?? '')),
    services: new Set(all.map(namespacedNameOf)),
    headless: new Set(all.filter((one) => one.spec?.clusterIP === 'None').map(namespacedNameOf)),
    proxiesDns: configs.every(
      ({ defaultConfig }) => String(defaultConfig?.proxyMetadata?.['ISTIO_META_DNS_CAPTURE']) === 'true',
    ),
    callers: callersOf(pods),
  };
}

interface SharedService {
  readonly key: string;
  readonly namespace: string;
  readonly owners: readonly ServiceFacts[];
}

/** A Service is shared by what has it in a namespace that is injected there; gateways belong to one cluster. */
function sharedServices(observations: readonly ServiceFacts[]): SharedService[] {
  const everywhere = [...new Set(observations.flatMap((one) => [...one.services]))].sort();
  return everywhere.flatMap((key) => {
    const [namespace = '', name = ''] = key.split('/');
    if (ownGateways.includes(name)) return [];
    const owners = observations.filter((one) => one.services.has(key) && one.injected.has(namespace));
    return owners.length > 0 ? [{ key, namespace, owners }] : [];
  });
}

/** Services that an injected namespace has in some clusters only. */
export function missingServices(observations: readonly ServiceFacts[]): Finding[] {
  return sharedServices(observations).flatMap((shared) => {
    const { key, namespace } = shared;
    const lacking = observations.filter((one) => !one.services.has(key) && one.injected.has(namespace));
    return lacking.filter((one) => isUnknown(shared, one)).map((one) => missing(shared, one));
  });
}

/** Can nobody of its namespace resolve it here? What some can is a finding of its own. */
function isUnknown({ namespace }: SharedService, { callers, proxiesDns }: ServiceFacts): boolean {
  const own = callers.filter((one) => one.namespace === namespace);
  return own.length > 0 ? own.every(({ capturesDns }) => !capturesDns) : !proxiesDns;
}

function missing({ key, owners }: SharedService, { cluster, network, proxiesDns }: ServiceFacts): Finding {
  const names = owners.map((one) => one.cluster).join(', ');
  const subject = { cluster, object: `Service ${key}` };
  if (owners.every((one) => one.headless.has(key) && one.network !== network))
    return {
      ...subject,
      message: `does not exist here, only in ${names}, where it is headless, so its name does not resolve`,
      cause: 'a headless Service stands for addresses of pods, which callers of another network do not reach',
      fix: 'make a Service with a cluster IP for the same pods, in every cluster, and call that',
    };
  return {
    ...subject,
    message: `does not exist here, only in ${names}, so its name does not resolve`,
    cause: proxiesDns
      ? 'istiod knows it, and sidecars are to answer DNS, but the pods here were made before that or say otherwise'
      : 'istiod knows it from the other cluster, but the DNS of this cluster does not',
    fix: `create the same Service in ${cluster}; it needs no pods there`,
  };
}

/** Clusters in which some sidecars answer DNS and some do not, with what only the first know. */
export function unevenCapture(observations: readonly ServiceFacts[]): Finding[] {
  const shared = sharedServices(observations);
  return observations.flatMap(({ cluster, network, services: own, callers }) => {
    const unknown = shared.filter(
      ({ key, owners }) =>
        !own.has(key) && owners.some((one) => !one.headless.has(key) || one.network === network),
    );
    return captureFindings(
      cluster,
      callers,
      unknown.map(({ key }) => key),
    );
  });
}
