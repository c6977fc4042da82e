import type { IpFamily } from './ip.ts';

interface Placed {
  readonly network: string;
  readonly ipFamily: IpFamily;
}

/**
 * Families in which proxies need to reach a cluster's gateways: its own first, then those of the
 * clusters on other networks. istiod hides a gateway's address from a proxy of the other family.
 */
export function gatewayFamiliesOf(cluster: Placed, all: readonly Placed[]): readonly IpFamily[] {
  const callers = all.filter(({ network }) => network !== cluster.network);
  return [...new Set([cluster.ipFamily, ...callers.map(({ ipFamily }) => ipFamily)])];
}
