import { EAST_WEST_PORT, NETWORK_LABEL } from '../istio/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import { type Problem, skip } from '../report/index.ts';
import { defineCheck } from './check.ts';
import { eastWest } from './facts.ts';
import { verdict } from './findings.ts';
import {
  type DeploymentObject,
  type GatewayObject,
  nameOf,
  type PodObject,
  type ServiceObject,
} from './objects.ts';

export const gateways = defineCheck({
  id: 'gateways',
  title: 'the east-west gateway runs, has an address and lets its network in',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters'],
  cause:
    'the gateway was scaled down, not injected, lost its network label, or its Gateway was removed or doubled',
  look: [
    'kubectl --context CLUSTER get deploy,pods,svc -A -l istio=eastwestgateway --show-labels',
    'kubectl --context CLUSTER get gateways.networking.istio.io -A -o yaml',
    'kubectl --context CLUSTER get namespace istio-system --show-labels',
  ],
  fix: 'isthmus up',
  timeoutMs: 15_000,
  async run({ topology, signal }, cluster) {
    if (new Set(topology.clusters.map(({ network }) => network)).size === 1)
      return skip('all clusters share one network, so no gateway is needed between them');
    const seen = await look(cluster, signal);
    const failures = [
      ...deploymentProblems(cluster, seen),
      ...serviceProblems(cluster, seen),
      ...podProblems(cluster, seen),
      ...entryProblems(cluster, seen),
      ...networkProblems(cluster, seen),
    ];
    const addresses = seen.services.flatMap(addressesOf);
    const detail = `${seen.pods.length} pods of network ${cluster.spec.network} at ${addresses.join(', ')}`;
    return verdict({ failures, warnings: [] }, { detail });
  },
});

export interface GatewaySight {
  readonly deployments: readonly DeploymentObject[];
  readonly services: readonly ServiceObject[];
  readonly pods: readonly PodObject[];
  readonly entries: readonly GatewayObject[];
  /** Network that istiod takes for its own cluster's. */
  readonly systemNetwork: string | undefined;
}

async function look({ kube }: MeshCluster, signal: AbortSignal): Promise<GatewaySight> {
  const labelSelector = `istio=${eastWest}`;
  const [deployments, services, pods, entries, system] = await Promise.all([
    kube.list<DeploymentObject>('apps/v1', 'Deployment', { labelSelector, signal }),
    kube.list<ServiceObject>('v1', 'Service', { labelSelector, signal }),
    kube.list<PodObject>('v1', 'Pod', { labelSelector, signal }),
    kube.list<GatewayObject>('networking.istio.io/v1', 'Gateway', { signal }),
    kube.get({ apiVersion: 'v1', kind: 'Namespace', name: 'istio-system' }, { signal }),
  ]);
  return { deployments, services, pods, entries, systemNetwork: system?.metadata?.labels?.[NETWORK_LABEL] };
}

/** Commands for one object of a gateway. */
const at = ({ spec }: MeshCluster, object: { metadata?: { namespace?: string } }): string =>
  `kubectl --context ${spec.name} -n ${object.metadata?.namespace}`;

export function deploymentProblems(cluster: MeshCluster, { deployments }: GatewaySight): Problem[] {
  const name = cluster.spec.name;
  if (deployments.length === 0)
    return [
      {
        cluster: name,
        message: 'has no east-west gateway',
        cause: 'no Deployment carries the label istio=eastwestgateway',
      },
    ];
  return deployments.flatMap((deployment): Problem[] => {
    if ((deployment.status?.readyReplicas ?? 0) > 0) return [];
    const wanted = deployment.spec?.replicas ?? 1;
    const kubectl = at(cluster, deployment);
    const own = deployment.metadata?.name;
    return [
      {
        cluster: name,
        object: nameOf('Deployment', deployment),
        message: wanted === 0 ? 'is scaled to 0 replicas' : `has none of its ${wanted} replicas ready`,
        cause: 'without it no other network reaches this cluster’s services',
        fix:
          wanted === 0
            ? `${kubectl} scale deployment/${own} --replicas=1`
            : `${kubectl} describe deployment ${own}`,
      },
    ];
  });
}

function addressesOf({ status }: ServiceObject): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || []);
}

export function serviceProblems(cluster: MeshCluster, { services }: GatewaySight): Problem[] {
  const { name, network } = cluster.spec;
  if (services.length === 0)
    return [
      {
        cluster: name,
        message: 'has no Service of its east-west gateway, so other clusters learn no address',
      },
    ];
  return services.flatMap((service): Problem[] => {
    const found: Problem[] = [];
    const subject = { cluster: name, object: nameOf('Service', service) };
    const kubectl = at(cluster, service);
    const own = service.metadata?.name;
    if (addressesOf(service).length === 0)
      found.push({ ...subject, message: 'has no address', fix: `${kubectl} describe service ${own}` });
    if (!service.spec?.ports?.some(({ port }) => port === EAST_WEST_PORT))
      found.push({ ...subject, message: `has no port ${EAST_WEST_PORT}` });
    const label = service.metadata?.labels?.[NETWORK_LABEL];
    if (label !== network)
      found.push({
        ...subject,
        ...labelProblem(label, network),
        fix: `${kubectl} label service ${own} ${NETWORK_LABEL}=${network} --overwrite`,
      });
    return found;
  });
}

const labelProblem = (label: string | undefined, network: string) => ({
  message:
    label === undefined
      ? `has no network label, the file says ${network}`
      : `is labelled network ${label}, the file says ${network}`,
  evidence: `${NETWORK_LABEL}=${label ?? '(absent)'}`,
  cause:
    'istiod finds the gateway of a network by this label and otherwise hands out addresses that cannot be reached',
});

export function podProblems(cluster: MeshCluster, { pods }: GatewaySight): Problem[] {
  const { name, network } = cluster.spec;
  return pods.flatMap((pod): Problem[] => {
    if (pod.metadata?.deletionTimestamp) return [];
    const subject = { cluster: name, object: nameOf('Pod', pod) };
    const label = pod.metadata?.labels?.[NETWORK_LABEL];
    const wrong =
      label === network ? [] : [{ ...subject, ...labelProblem(label, network), fix: 'isthmus up' }];
    const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
    if (!containers.some(({ image }) => image === 'auto')) return wrong;
    const fix = `${at(cluster, pod)} delete pod ${pod.metadata?.name}`;
    const cause =
      'istiod did not inject it when it was made: the webhook was not there yet or could not be called';
    return [...wrong, { ...subject, message: 'has the image "auto", so it never runs', cause, fix }];
  });
}

/** Gateways that let other networks in through this gateway; exactly one may claim the port. */
export function entryProblems(cluster: MeshCluster, { entries }: GatewaySight): Problem[] {
  const name = cluster.spec.name;
  const claims = entries.filter(
    ({ spec }) =>
      spec?.selector?.['istio'] === eastWest &&
      spec.servers?.some(({ port }) => port?.number === EAST_WEST_PORT),
  );
  const [first, ...others] = claims;
  if (!first)
    return [
      {
        cluster: name,
        object: 'Gateway cross-network-gateway',
        message: `no Gateway opens port ${EAST_WEST_PORT} of the east-west gateway`,
        cause: 'without it the gateway refuses every connection from other networks',
      },
    ];
  const doubled = others.map((other) => ({
    cluster: name,
    object: nameOf('Gateway', other),
    message: `claims port ${EAST_WEST_PORT} as well as ${nameOf('Gateway', first)}`,
    cause: 'istiod merges them in an order that is not defined, and one of the two loses',
    fix: `${at(cluster, other)} delete gateways.networking.istio.io ${other.metadata?.name}`,
  }));
  return [...doubled, ...claims.flatMap((claim) => modeProblem(name, claim))];
}

function modeProblem(cluster: string, claim: GatewayObject): Problem[] {
  const server = claim.spec?.servers?.find(({ port }) => port?.number === EAST_WEST_PORT);
  const mode = server?.tls?.mode ?? 'none';
  if (mode === 'AUTO_PASSTHROUGH') return [];
  return [
    {
      cluster,
      object: nameOf('Gateway', claim),
      message: `port ${EAST_WEST_PORT} has TLS mode ${mode}, not AUTO_PASSTHROUGH`,
      cause: 'only AUTO_PASSTHROUGH routes by the SNI that sidecars of other networks send',
    },
  ];
}

export function networkProblems({ spec }: MeshCluster, { systemNetwork }: GatewaySight): Problem[] {
  if (systemNetwork === spec.network) return [];
  const command = `kubectl --context ${spec.name} label namespace istio-system ${NETWORK_LABEL}=${spec.network} --overwrite`;
  return [
    {
      cluster: spec.name,
      object: 'Namespace istio-system',
      ...labelProblem(systemNetwork, spec.network),
      fix: command,
    },
  ];
}
