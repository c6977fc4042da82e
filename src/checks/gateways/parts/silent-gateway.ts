import {
  crossNetworkPort,
  EAST_WEST_PORT,
  proxyClusters,
  proxyServerNames,
  runningEastWestGateways,
} from '../../../istio/index.ts';
import type { Service } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { closedByPolicy } from '../../facts/network-policies.ts';
import { podPort } from '../../facts/pod-port.ts';

export interface Silence {
  readonly serverName: string;
  /** Who asked, by its cluster. */
  readonly from: string;
}

/**
 * Why an address of a gateway answered nothing, by the policies around its pods and by what it was told itself;
 * empty where both are as they must be, so that it is the way to it.
 */
export async function silenceCause(
  cluster: MeshCluster,
  context: CheckRunContext,
  silence: Silence,
): Promise<Partial<Finding>> {
  return (await closed(cluster, context, silence)) ?? (await untold(cluster, context, silence));
}

async function closed(
  cluster: MeshCluster,
  context: CheckRunContext,
  { from }: Silence,
): Promise<Finding | undefined> {
  const { pods, services } = await context.facts.gateways(cluster);
  for (const to of pods) {
    const found = await closedByPolicy(cluster, context, {
      from: 'outside',
      to,
      port: entryPort(services),
      caller: 'other networks',
      effect: `it carries no handshake from ${from} to helloworld`,
    });
    if (found) return found;
  }
  return undefined;
}

/** The gateway pods' port for other networks. */
const entryPort = ([service]: readonly Service[]): number =>
  podPort(service, service ? crossNetworkPort(service) : EAST_WEST_PORT);

async function untold(
  cluster: MeshCluster,
  { signal }: CheckRunContext,
  { serverName }: Silence,
): Promise<Partial<Finding>> {
  const gateways = await runningEastWestGateways(cluster, { signal });
  const gateway = gateways.find(({ ready }) => ready);
  if (!gateway) return {};
  const { namespace, name } = gateway;
  const look = `istioctl --context {context} -n ${namespace} proxy-config`;
  const [known, endpoints] = await Promise.all([
    proxyServerNames(cluster, gateway, { signal }),
    proxyClusters(cluster, gateway, { signal }),
  ]);
  if (!known.has(serverName))
    return {
      cause: `its pod ${name} was not told of the service: its Gateway does not list the host, or an exportTo or discoverySelectors hide it`,
      fix: `${look} listeners ${name} shows what it knows; list the host in its Gateway, and export the service to ${namespace}`,
    };
  if (endpoints.some((one) => one.cluster === serverName)) return {};
  return {
    cause: `its pod ${name} knows the service and no pod behind it: none is ready with a sidecar, or mutual TLS is off for it`,
    fix: `${look} endpoints ${name} shows what it has for ${serverName}`,
  };
}
