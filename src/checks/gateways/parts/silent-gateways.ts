import { statedGateways } from '../../../istio/index.ts';
import { type Deployment, isReady, type Service, selectorOf } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import { hostPort } from '../../../topology/index.ts';
import { type Findings, failures, merge, warnings } from '../../engine/findings.ts';
import { type EastWestGateway, eachGateway, type GatewayFacts } from '../../facts/gateway-facts.ts';
import { nameOf } from '../../facts/objects.ts';
import { kubectlAt } from './network-label.ts';

/**
 * Gateways behind which nothing answers, each by itself: peers divide the requests of a network among
 * the addresses of its gateways and ask none whether it is alive, so that one dead of two loses half.
 */
export function silentGateways({ spec }: MeshCluster, seen: GatewayFacts): Findings {
  const { name } = spec;
  if (seen.deployments.length === 0 && !seen.pods.some(isReady)) return failures(noGateway(name));
  const all = eachGateway(seen);
  // Without a Service nobody comes in, and what the Deployments lack is still worth knowing.
  if (all.length === 0)
    return failures(...seen.deployments.flatMap((one) => unreadyProblem(name, one, onlyWay)));
  const used = all.filter(({ inUse }) => inUse);
  return merge(used.map((one) => findingsOf(name, one, consequence(one, used, seen))));
}

const noGateway = (cluster: string): Finding => ({
  cluster,
  message: 'has no east-west gateway',
  cause: 'no Service has the network label or port 15443, and no Deployment the label istio=eastwestgateway',
  fix: 'install an east-west gateway (https://istio.io/latest/docs/setup/install/multicluster/)',
});

const onlyWay = 'without it no other network reaches this cluster’s services';

/** What a gateway that answers nobody does to the requests of others. */
function consequence(
  gateway: EastWestGateway,
  used: readonly EastWestGateway[],
  { nodes = [] }: GatewayFacts,
): string {
  const addressesOf = ({ service }: EastWestGateway) =>
    statedGateways(service, nodes).map(({ host, port }) => hostPort({ address: host, port }));
  const own = addressesOf(gateway);
  const all = used.flatMap(addressesOf);
  if (used.length === 1 || own.length === all.length) return onlyWay;
  const names = used.filter((one) => one !== gateway).map(({ service }) => nameOf('Service', service));
  return `peers know no gateway’s health and send ${own.length} of ${all.length} parts of their requests to ${own.join(', ')}, though ${names.join(', ')} may answer`;
}

/** Several Deployments may stand behind one Service, as while a gateway is replaced: one that answers is enough. */
function findingsOf(cluster: string, gateway: EastWestGateway, cause: string): Findings {
  const { service, deployments, pods } = gateway;
  const bad = deployments.flatMap((one) => unreadyProblem(cluster, one, cause));
  if (bad.length > 0 && bad.length === deployments.length) return failures(...bad);
  if (pods.length === 0) return failures(unserved(cluster, service, cause));
  // Of something else than a Deployment, such as a DaemonSet.
  if (deployments.length === 0 && !pods.some(isReady)) return failures(unready(cluster, service, cause));
  const wanted = deployments.filter(({ spec }) => spec?.replicas !== 0);
  const half = 'it was to answer as well; other pods behind its Service do';
  return warnings(...wanted.flatMap((one) => unreadyProblem(cluster, one, half)));
}

function unreadyProblem(cluster: string, deployment: Deployment, cause: string): Finding[] {
  if ((deployment.status?.readyReplicas ?? 0) > 0) return [];
  const wanted = deployment.spec?.replicas ?? 1;
  const kubectl = kubectlAt(deployment);
  const own = deployment.metadata?.name;
  return [
    {
      cluster,
      object: nameOf('Deployment', deployment),
      message: wanted === 0 ? 'is scaled to 0 replicas' : `has none of its ${wanted} replicas ready`,
      cause,
      fix:
        wanted === 0
          ? `${kubectl} scale deployment/${own} --replicas=1`
          : `${kubectl} describe deployment ${own}`,
    },
  ];
}

/** Ready Deployments do not help where the Service leads to none of their pods. */
const unserved = (cluster: string, service: Service, consequence: string): Finding => ({
  cluster,
  object: nameOf('Service', service),
  message: 'selects no pod, so nothing answers at its address',
  cause: `the gateway has no pods, or the selector does not match their labels; ${consequence}`,
  fix: `${kubectlAt(service)} describe service ${service.metadata?.name}`,
});

const unready = (cluster: string, service: Service, cause: string): Finding => ({
  cluster,
  object: nameOf('Service', service),
  message: 'selects no ready pod, so nothing answers at its address',
  cause,
  fix: `${kubectlAt(service)} get pods -l ${selectorOf(service.spec?.selector ?? {})} -o wide`,
});

/** Gateways that nobody uses beside those that peers do: no fault, but a surprise to whoever made them. */
export function unusedGateways({ spec }: MeshCluster, seen: GatewayFacts): Finding[] {
  const all = eachGateway(seen);
  const used = all.filter(({ inUse }) => inUse).map(({ service }) => nameOf('Service', service));
  return all
    .filter(({ inUse }) => !inUse)
    .map(({ service }) => ({
      cluster: spec.name,
      object: nameOf('Service', service),
      message: `has no network label, so peers do not use it but ${used.join(', ')}`,
      evidence: 'topology.istio.io/network=(absent)',
      cause: 'istiod finds the gateways of a network by this label alone',
      fix: `${kubectlAt(service)} label service ${service.metadata?.name} topology.istio.io/network=${spec.network}, or delete it`,
    }));
}
