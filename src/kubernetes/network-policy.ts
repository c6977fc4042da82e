import { BlockList, isIPv6 } from 'node:net';
import { matchesSelector } from './label-selector.ts';
import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicyRule,
  Pod,
} from './objects.ts';
import { containersOf } from './pods.ts';

/** Who connects: somebody who is no pod of the cluster, or a pod of it. */
export type Caller = 'outside' | CallingPod;

export interface CallingPod {
  readonly pod: Pod;
  /** Labels of its namespace. */
  readonly namespaceLabels: Readonly<Record<string, string>>;
}

export interface Connection {
  readonly from: Caller;
  readonly to: Pod;
  /** TCP port of the pod. */
  readonly port: number;
}

/**
 * The NetworkPolicies that close a pod's port to a caller; none if it is open. A pod that a policy
 * selects takes in only what one of those that select it lets in. From outside, a rule lets in if it
 * names nobody or any block of addresses: which address a caller comes with is not known here. Whether
 * the cluster's network plugin enforces policies at all is not known either.
 */
export function closingNetworkPolicies(
  policies: readonly NetworkPolicy[],
  connection: Connection,
): NetworkPolicy[] {
  const selecting = policies.filter((policy) => isolates(policy, connection.to));
  const open = selecting.some((policy) =>
    (policy.spec?.ingress ?? []).some((rule) => admits(rule, policy, connection)),
  );
  return open ? [] : selecting;
}

/** A policy without types is one about what comes in. */
function isolates({ metadata, spec }: NetworkPolicy, pod: Pod): boolean {
  return (
    metadata?.namespace === pod.metadata?.namespace &&
    (spec?.policyTypes ?? ['Ingress']).includes('Ingress') &&
    matchesSelector(spec?.podSelector ?? {}, pod.metadata?.labels)
  );
}

function admits(rule: NetworkPolicyRule, policy: NetworkPolicy, connection: Connection): boolean {
  const { ports = [], from: peers = [] } = rule;
  return (
    (ports.length === 0 || ports.some((one) => covers(one, connection))) &&
    (peers.length === 0 || peers.some((peer) => isFrom(peer, policy, connection.from)))
  );
}

function covers(
  { protocol = 'TCP', port, endPort }: NetworkPolicyPort,
  { to, port: wanted }: Connection,
): boolean {
  if (protocol !== 'TCP') return false;
  if (port === undefined) return true;
  if (typeof port === 'number') return wanted >= port && wanted <= (endPort ?? port);
  const named = containersOf(to).flatMap(({ ports = [] }) => ports);
  return named.some(({ name, containerPort }) => name === port && containerPort === wanted);
}

function isFrom(peer: NetworkPolicyPeer, { metadata }: NetworkPolicy, from: Caller): boolean {
  const { ipBlock, namespaceSelector, podSelector } = peer;
  if (from === 'outside') return ipBlock !== undefined;
  if (ipBlock) return isWithin(ipBlock, from.pod.status?.podIP ?? '');
  const home = namespaceSelector
    ? matchesSelector(namespaceSelector, from.namespaceLabels)
    : from.pod.metadata?.namespace === metadata?.namespace;
  return home && (!podSelector || matchesSelector(podSelector, from.pod.metadata?.labels));
}

function isWithin(
  { cidr, except = [] }: NonNullable<NetworkPolicyPeer['ipBlock']>,
  address: string,
): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const holds = (block: string): boolean => {
    const [network = '', bits = ''] = block.split('/');
    if (isIPv6(network) !== (family === 'ipv6')) return false;
    const list = new BlockList();
    list.addSubnet(network, Number(bits), family);
    return list.check(address, family);
  };
  return address !== '' && holds(cidr) && !except.some(holds);
}
