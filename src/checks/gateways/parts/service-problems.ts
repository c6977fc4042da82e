import {
  crossNetworkPort,
  gatewaysInUse,
  isByNodes,
  NETWORK_LABEL,
  NODE_SELECTOR_ANNOTATION,
} from '../../../istio/index.ts';
import type { Service } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import type { GatewayFacts } from '../../facts/gateway-facts.ts';
import { namespacedNameOf } from '../../facts/istio-objects.ts';
import { nameOf } from '../../facts/objects.ts';
import { addressesAt } from './entry-addresses.ts';
import { kubectlAt, labelProblem } from './network-label.ts';

/** What keeps other networks from a gateway's Service: no address, no port, no network. */
export function serviceProblems({ spec }: MeshCluster, seen: GatewayFacts): Finding[] {
  const { name, network } = spec;
  if (seen.services.length === 0)
    return [
      {
        cluster: name,
        message: 'has no Service of its east-west gateway, so other clusters learn no address',
      },
    ];
  const isNamed = (service: Service) => seen.stated?.named.includes(namespacedNameOf(service)) ?? false;
  return gatewaysInUse(seen.services).flatMap((service): Finding[] => {
    const subject = { cluster: name, object: nameOf('Service', service) };
    const port = crossNetworkPort(service);
    const hasPort = service.spec?.ports?.some((one) => one.port === port) ?? false;
    const label = service.metadata?.labels?.[NETWORK_LABEL];
    const fix = `${kubectlAt(service)} label service ${service.metadata?.name} ${NETWORK_LABEL}=${network} --overwrite`;
    const found: Omit<Finding, 'cluster' | 'object'>[] = [
      ...(hasPort ? [] : [{ message: `has no port ${port}` }]),
      ...(hasPort && addressesAt(service, seen).length === 0 ? [addressProblem(service)] : []),
      ...(label === network || isNamed(service) ? [] : [{ ...labelProblem(label, network), fix }]),
    ];
    return found.map((one) => ({ ...subject, ...one }));
  });
}

/** Why istiod hands out no address of a gateway, by the type of its Service. */
function addressProblem(service: Service): Omit<Finding, 'cluster' | 'object'> {
  const kubectl = kubectlAt(service);
  const own = service.metadata?.name;
  const { type } = service.spec ?? {};
  if (type !== 'NodePort' && type !== 'ClusterIP')
    return { message: 'has no address', fix: `${kubectl} describe service ${own}` };
  if (type === 'ClusterIP')
    return {
      message: 'has no address, being of type ClusterIP without externalIPs',
      cause:
        'istiod hands out the addresses of load balancers, externalIPs, and nodes of a NodePort that selects them',
      fix: `${kubectl} patch service ${own} -p '{"spec":{"externalIPs":["ADDRESS"]}}'`,
    };
  if (!isByNodes(service))
    return {
      message: `has no address: a NodePort without the annotation ${NODE_SELECTOR_ANNOTATION}`,
      cause: 'istiod takes nodes’ addresses for a gateway’s only where this annotation selects the nodes',
      fix: `${kubectl} annotate service ${own} ${NODE_SELECTOR_ANNOTATION}='{}'`,
    };
  return {
    message: 'has no address: no node that it selects has an address of type ExternalIP',
    evidence: `${NODE_SELECTOR_ANNOTATION}: ${service.metadata?.annotations?.[NODE_SELECTOR_ANNOTATION]}`,
    cause: 'istiod takes no other address of a node; bare metal and kind have InternalIP alone',
    fix: `${kubectl} annotate service ${own} ${NODE_SELECTOR_ANNOTATION}-; ${kubectl} patch service ${own} -p '{"spec":{"externalIPs":["ADDRESS OF A NODE"]}}'`,
  };
}
