import { STATUS_PORT } from '../../../istio/index.ts';
import { type Pod, type Service, selects } from '../../../kubernetes/index.ts';
import type { LoadBalancer, MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { closedByPolicy } from '../../facts/network-policies.ts';
import { podPort } from '../../facts/pod-port.ts';

/**
 * The NetworkPolicy that keeps a load balancer from its unhealthy targets: from the port by which gateways
 * tell their health, or from that of the requests. Undefined if none does.
 */
export async function closedTargets(
  cluster: MeshCluster,
  { namespace, service: name, listeners }: LoadBalancer,
  context: CheckRunContext,
): Promise<Finding | undefined> {
  const [services, pods] = await Promise.all([
    context.facts.objects<Service>(cluster, 'v1', 'Service'),
    context.facts.objects<Pod>(cluster, 'v1', 'Pod'),
  ]);
  const service = services.find(
    ({ metadata }) => metadata?.namespace === namespace && metadata.name === name,
  );
  const behind = pods.filter(
    ({ metadata }) => metadata?.namespace === namespace && selects(service?.spec?.selector, metadata.labels),
  );
  const ports = [STATUS_PORT, ...listeners.map(({ port }) => podPort(service, port))];
  for (const to of behind)
    for (const port of ports) {
      const caller = 'the load balancer';
      const effect = `Service ${namespace}/${name} has no healthy target`;
      const found = await closedByPolicy(cluster, context, { from: 'outside', to, port, caller, effect });
      if (found) return found;
    }
  return undefined;
}
