import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { type CfnElement, CfnParameter, type CfnResource, Fn, Tags } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Cidr, EksClusterSpec } from '../../topology/index.ts';
import { planSubnets } from '../network/subnets.ts';
import { subnetsParameter } from './parameters.ts';

/** Where a cluster's control plane and nodes live. */
export interface Network {
  readonly vpcId: string;
  readonly privateSubnetIds: string[];
  /** What nodes need before they can start, so also what must outlive them. */
  readonly routes: readonly CfnResource[];
}

/** The file's VPC, whose subnets are found when deploying so that the template needs no credentials, or a new one. */
export function networkFor(scope: Construct, cluster: EksClusterSpec): Network {
  return cluster.vpcId === undefined ? newNetwork(scope, cluster) : existingNetwork(scope, cluster.vpcId);
}

function existingNetwork(scope: Construct, vpcId: string): Network {
  const subnets = new CfnParameter(scope, subnetsParameter, {
    type: 'List<AWS::EC2::Subnet::Id>',
    description: 'Private subnets of the existing VPC, in at least two zones',
  });
  return { vpcId, privateSubnetIds: subnets.valueAsList, routes: [] };
}

function newNetwork(scope: Construct, cluster: EksClusterSpec): Network {
  const plan = planSubnets(cluster);
  const vpc = new ec2.CfnVPC(scope, 'Vpc', {
    cidrBlock: String(plan.vpc),
    enableDnsHostnames: true,
    enableDnsSupport: true,
  });
  const internet = internetOf(scope, vpc);
  // Load balancers that peers on IPv6 use need IPv6 in their subnets, also where nodes and pods have none.
  const ipv6 = cluster.gatewayFamilies.includes('ipv6') ? ipv6Block(scope, vpc) : undefined;
  const nodes = cluster.ipFamily;
  const vpcScope: VpcScope = { scope, vpc, ipv6, nodes, zones: plan.zones.length };
  const publicRoutes = routeTable(vpcScope, 'Public');
  const outward = openPublicRoutes(vpcScope, publicRoutes, internet);
  const publicSubnets = plan.zones.map((zone, at) =>
    subnet(vpcScope, { at, kind: 'Public', zone: zone.zone, cidr: zone.public, routes: publicRoutes }),
  );
  const gateways = cluster.natGateways === 'per-zone' ? plan.zones.length : 1;
  const privateTables = range(gateways).map((at) => {
    const table = routeTable(vpcScope, gateways === 1 ? 'Private' : `Private${at + 1}`);
    return {
      table,
      route: natRoute(vpcScope, { at, table, subnet: publicSubnets[at] as ec2.CfnSubnet, outward }),
    };
  });
  const privateSubnets = plan.zones.map((zone, at) => {
    const table = (privateTables[at] ?? privateTables[0])?.table as ec2.CfnRouteTable;
    return subnet(vpcScope, { at, kind: 'Private', zone: zone.zone, cidr: zone.private, routes: table });
  });
  const egress =
    nodes === 'ipv6'
      ? egressOnly(
          vpcScope,
          privateTables.map(({ table }) => table),
        )
      : [];
  return {
    vpcId: vpc.ref,
    privateSubnetIds: privateSubnets.map((one) => one.ref),
    routes: [...privateTables.map(({ route }) => route), ...egress],
  };
}

interface VpcScope {
  readonly scope: Construct;
  readonly vpc: ec2.CfnVPC;
  readonly ipv6: ec2.CfnVPCCidrBlock | undefined;
  /** Family of nodes and pods. */
  readonly nodes: 'ipv4' | 'ipv6';
  readonly zones: number;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

function ipv6Block(scope: Construct, vpc: ec2.CfnVPC): ec2.CfnVPCCidrBlock {
  return new ec2.CfnVPCCidrBlock(scope, 'Ipv6Block', { vpcId: vpc.ref, amazonProvidedIpv6CidrBlock: true });
}

function routeTable(vpcScope: VpcScope, name: string): ec2.CfnRouteTable {
  const table = new ec2.CfnRouteTable(vpcScope.scope, `${name}Routes`, { vpcId: vpcScope.vpc.ref });
  return named(table, name.toLowerCase());
}

/** A VPC's way out: routes to the gateway work once it is attached. */
interface Internet {
  readonly gateway: ec2.CfnInternetGateway;
  readonly attachment: ec2.CfnVPCGatewayAttachment;
}

function internetOf(scope: Construct, vpc: ec2.CfnVPC): Internet {
  const gateway = new ec2.CfnInternetGateway(scope, 'Internet');
  const attachment = new ec2.CfnVPCGatewayAttachment(scope, 'InternetAttachment', {
    vpcId: vpc.ref,
    internetGatewayId: gateway.ref,
  });
  return { gateway, attachment };
}

function openPublicRoutes(
  vpcScope: VpcScope,
  table: ec2.CfnRouteTable,
  { gateway, attachment }: Internet,
): CfnResource {
  const to = { routeTableId: table.ref, gatewayId: gateway.ref };
  const route = new ec2.CfnRoute(vpcScope.scope, 'PublicDefault', {
    ...to,
    destinationCidrBlock: '0.0.0.0/0',
  });
  route.addResourceDependency(attachment);
  if (vpcScope.ipv6) {
    const more = new ec2.CfnRoute(vpcScope.scope, 'PublicDefault6', {
      ...to,
      destinationIpv6CidrBlock: '::/0',
    });
    more.addResourceDependency(attachment);
  }
  return route;
}

interface SubnetOptions {
  readonly at: number;
  readonly kind: 'Public' | 'Private';
  readonly zone: string;
  readonly cidr: Cidr;
  readonly routes: ec2.CfnRouteTable;
}

function subnet(vpcScope: VpcScope, options: SubnetOptions): ec2.CfnSubnet {
  const { scope, vpc } = vpcScope;
  const id = `${options.kind}${options.at + 1}`;
  const made = new ec2.CfnSubnet(scope, `${id}Subnet`, {
    vpcId: vpc.ref,
    availabilityZone: options.zone,
    cidrBlock: String(options.cidr),
    mapPublicIpOnLaunch: false,
    ...(vpcScope.ipv6 ? { ipv6CidrBlock: ipv6Subnet(vpcScope, options) } : {}),
    ...(vpcScope.nodes === 'ipv6' ? { assignIpv6AddressOnCreation: true } : {}),
  });
  if (vpcScope.ipv6) made.addResourceDependency(vpcScope.ipv6);
  const role = options.kind === 'Public' ? 'elb' : 'internal-elb';
  Tags.of(made).add(`kubernetes.io/role/${role}`, '1');
  named(made, `${options.kind.toLowerCase()}-${options.zone}`);
  // Looked-up zones would change under a running cluster whenever the account gains one.
  made.addMetadata('cfn-lint', { config: { ignore_checks: ['W3010'] } });
  new ec2.CfnSubnetRouteTableAssociation(scope, `${id}Association`, {
    subnetId: made.ref,
    routeTableId: options.routes.ref,
  });
  return made;
}

/** One /64 of the block that Amazon gives: private subnets first, then public ones. */
function ipv6Subnet(vpcScope: VpcScope, { at, kind }: SubnetOptions): string {
  const block = Fn.select(0, vpcScope.vpc.attrIpv6CidrBlocks);
  return Fn.select(kind === 'Private' ? at : vpcScope.zones + at, Fn.cidr(block, 2 * vpcScope.zones, '64'));
}

function natRoute(
  { scope }: VpcScope,
  options: { at: number; table: ec2.CfnRouteTable; subnet: ec2.CfnSubnet; outward: CfnResource },
): CfnResource {
  const suffix = options.at + 1;
  const address = new ec2.CfnEIP(scope, `NatAddress${suffix}`, { domain: 'vpc' });
  const gateway = new ec2.CfnNatGateway(scope, `Nat${suffix}`, {
    allocationId: address.attrAllocationId,
    subnetId: options.subnet.ref,
  });
  gateway.addResourceDependency(options.outward);
  return new ec2.CfnRoute(scope, `PrivateDefault${suffix}`, {
    routeTableId: options.table.ref,
    destinationCidrBlock: '0.0.0.0/0',
    natGatewayId: gateway.ref,
  });
}

function egressOnly({ scope, vpc }: VpcScope, tables: readonly ec2.CfnRouteTable[]): CfnResource[] {
  const gateway = new ec2.CfnEgressOnlyInternetGateway(scope, 'Egress6', { vpcId: vpc.ref });
  return tables.map(
    (table, at) =>
      new ec2.CfnRoute(scope, `PrivateDefault6${at + 1}`, {
        routeTableId: table.ref,
        destinationIpv6CidrBlock: '::/0',
        egressOnlyInternetGatewayId: gateway.ref,
      }),
  );
}

function named<T extends CfnElement & Construct>(made: T, name: string): T {
  Tags.of(made).add('Name', `${made.stack.stackName}-${name}`);
  return made;
}
