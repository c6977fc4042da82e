import { type Connection, closingNetworkPolicies, type NetworkPolicy } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Finding } from '../../report/index.ts';
import type { CheckRunContext } from '../engine/check.ts';
import { nameOf } from './objects.ts';

/** A connection that was seen to fail, as a person knows it. */
export interface FailedConnection extends Connection {
  /** Who could not connect, such as `other networks`. */
  readonly caller: string;
  /** What comes of it, as the end of a sentence. */
  readonly effect: string;
}

/**
 * The NetworkPolicies that forbid a failed connection, as its cause; undefined if none does. Whether a cluster
 * enforces them shows only in what fails, so of a connection that works nothing is said. Throws what the API
 * server throws.
 */
export async function closedByPolicy(
  cluster: MeshCluster,
  { facts }: Pick<CheckRunContext, 'facts'>,
  connection: FailedConnection,
): Promise<Finding | undefined> {
  const policies = await facts.objects<NetworkPolicy>(cluster, 'networking.k8s.io/v1', 'NetworkPolicy');
  const [first, ...others] = closingNetworkPolicies(policies, connection);
  if (!first) return undefined;
  const { to, port, caller, effect } = connection;
  const { namespace, name } = first.metadata ?? {};
  const also = others.map((one) => nameOf('NetworkPolicy', one)).join(', ');
  return {
    cluster: cluster.spec.name,
    object: nameOf('NetworkPolicy', first),
    message: `closes port ${port} of ${nameOf('Pod', to)} to ${caller}, so ${effect}`,
    cause: `a pod that a NetworkPolicy selects takes in only what one of them allows${also ? `; ${also} select it as well` : ''}`,
    fix: `let ${caller} in on TCP port ${port} by a rule of it: kubectl --context {context} -n ${namespace} edit networkpolicy ${name}`,
  };
}
