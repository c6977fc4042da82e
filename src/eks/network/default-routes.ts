import type { Route, RouteTable } from '@aws-sdk/client-ec2';

/** Where the default route of a subnet leads, for one family of addresses. */
export interface DefaultRoute {
  /**
   * `internet`: in both directions; `private`: out alone, or into other networks of its owner; `nowhere`: what it
   * names is gone.
   */
  readonly leads: 'internet' | 'private' | 'nowhere';
  /** What it names and, if it is not active, its state, for instance `nat-0123456789abcdef0 (blackhole)`. */
  readonly by: string;
}

/** The default routes of one subnet; a family without one has no way out of the VPC. */
export interface WaysOut {
  readonly ipv4?: DefaultRoute | undefined;
  readonly ipv6?: DefaultRoute | undefined;
}

/** The default routes of a subnet that has this table, its own or the VPC's main one. */
export function waysOutBy({ Routes = [] }: RouteTable): WaysOut {
  return {
    ipv4: defaultRoute(Routes.filter(({ DestinationCidrBlock: to }) => to === '0.0.0.0/0')),
    ipv6: defaultRoute(Routes.filter(({ DestinationIpv6CidrBlock: to }) => to === '::/0')),
  };
}

/** A static and a propagated one may stand side by side; what is gone counts only where nothing else does. */
function defaultRoute(routes: readonly Route[]): DefaultRoute | undefined {
  const found = routes.map((route) => ({ leads: leadsTo(route), by: describedTarget(route) }));
  return (
    found.find(({ leads }) => leads === 'internet') ??
    found.find(({ leads }) => leads === 'private') ??
    found[0]
  );
}

/** Only the gateways of the internet, and of a carrier's, let anybody in. */
function leadsTo({ State, GatewayId, CarrierGatewayId }: Route): DefaultRoute['leads'] {
  if (!isActive(State)) return 'nowhere';
  return GatewayId?.startsWith('igw-') || CarrierGatewayId ? 'internet' : 'private';
}

const isActive = (state: Route['State']): boolean => (state ?? 'active') === 'active';

const describedTarget = (route: Route): string =>
  isActive(route.State) ? targetOf(route) : `${targetOf(route)} (${route.State})`;

/** Everything that EC2 lets a route name; a firewall's endpoint and a private gateway are in `GatewayId`. */
function targetOf(route: Route): string {
  const {
    NatGatewayId,
    EgressOnlyInternetGatewayId,
    TransitGatewayId,
    LocalGatewayId,
    CarrierGatewayId,
    VpcPeeringConnectionId,
    CoreNetworkArn,
    NetworkInterfaceId,
    InstanceId,
  } = route;
  const inside = NatGatewayId ?? EgressOnlyInternetGatewayId ?? InstanceId ?? NetworkInterfaceId;
  const beyond = TransitGatewayId ?? CoreNetworkArn ?? VpcPeeringConnectionId ?? LocalGatewayId;
  return route.GatewayId ?? inside ?? beyond ?? CarrierGatewayId ?? 'an unknown target';
}

/** For a person: what the default routes name, `no default route` where there are none. */
export function describeWays({ ipv4, ipv6 }: WaysOut): string {
  const named = [...(ipv4 ? [`0.0.0.0/0 by ${ipv4.by}`] : []), ...(ipv6 ? [`::/0 by ${ipv6.by}`] : [])];
  return named.join(' and ') || 'no default route';
}
