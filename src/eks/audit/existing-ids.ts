import type { EC2Client, Filter } from '@aws-sdk/client-ec2';

/** How EC2 is asked which ids of one kind exist. */
interface Kind {
  readonly prefix: string;
  readonly filter: string;
  readonly list: (client: EC2Client, filters: Filter[]) => Promise<(string | undefined)[]>;
}

type Sdk = typeof import('@aws-sdk/client-ec2');

/**
 * Of these ids, those that exist. EC2 lists the tags of deleted NAT gateways, terminated instances and
 * other things for about an hour. Ids of a kind that is not known here count as existing.
 */
export async function existingIds(client: EC2Client, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const kinds = kindsOf(await import('@aws-sdk/client-ec2'));
  const answers = await Promise.all(
    kinds.map(async ({ prefix, filter, list }) => {
      const Values = ids.filter((id) => id.startsWith(prefix));
      return Values.length === 0 ? [] : list(client, [{ Name: filter, Values }]);
    }),
  );
  const unknown = ids.filter((id) => !kinds.some(({ prefix }) => id.startsWith(prefix)));
  return new Set([...unknown, ...answers.flat().filter((id) => id !== undefined)]);
}

const kindsOf = (sdk: Sdk): Kind[] => [
  ...networkKinds(sdk),
  ...routeKinds(sdk),
  ...attachedKinds(sdk),
  ...machineKinds(sdk),
];

/** Everything of all pages. */
async function all<P, T>(pages: AsyncIterable<P>, pick: (page: P) => readonly T[] | undefined): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pages) found.push(...(pick(page) ?? []));
  return found;
}

/** What a VPC is divided into. */
const networkKinds = (sdk: Sdk): Kind[] => [
  {
    prefix: 'vpc-',
    filter: 'vpc-id',
    list: async (client, Filters) =>
      (await all(sdk.paginateDescribeVpcs({ client }, { Filters }), (page) => page.Vpcs)).map(
        (one) => one.VpcId,
      ),
  },
  {
    prefix: 'subnet-',
    filter: 'subnet-id',
    list: async (client, Filters) =>
      (await all(sdk.paginateDescribeSubnets({ client }, { Filters }), (page) => page.Subnets)).map(
        (one) => one.SubnetId,
      ),
  },
  {
    prefix: 'sg-',
    filter: 'group-id',
    list: async (client, Filters) =>
      (
        await all(sdk.paginateDescribeSecurityGroups({ client }, { Filters }), (page) => page.SecurityGroups)
      ).map((one) => one.GroupId),
  },
];

/** What leads out of a VPC. */
const routeKinds = (sdk: Sdk): Kind[] => [
  {
    prefix: 'igw-',
    filter: 'internet-gateway-id',
    list: async (client, Filters) =>
      (
        await all(
          sdk.paginateDescribeInternetGateways({ client }, { Filters }),
          (page) => page.InternetGateways,
        )
      ).map((one) => one.InternetGatewayId),
  },
  {
    prefix: 'rtb-',
    filter: 'route-table-id',
    list: async (client, Filters) =>
      (await all(sdk.paginateDescribeRouteTables({ client }, { Filters }), (page) => page.RouteTables)).map(
        (one) => one.RouteTableId,
      ),
  },
  {
    prefix: 'eigw-',
    filter: 'egress-only-internet-gateway-id',
    list: async (client, Filters) => {
      const EgressOnlyInternetGatewayIds = Filters[0]?.Values ?? [];
      const pages = sdk.paginateDescribeEgressOnlyInternetGateways({ client }, {});
      return (await all(pages, (page) => page.EgressOnlyInternetGateways))
        .map((one) => one.EgressOnlyInternetGatewayId)
        .filter((id) => id !== undefined && EgressOnlyInternetGatewayIds.includes(id));
    },
  },
];

/** What is attached in a VPC. */
const attachedKinds = (sdk: Sdk): Kind[] => [
  {
    prefix: 'eni-',
    filter: 'network-interface-id',
    list: async (client, Filters) =>
      (
        await all(
          sdk.paginateDescribeNetworkInterfaces({ client }, { Filters }),
          (page) => page.NetworkInterfaces,
        )
      ).map((one) => one.NetworkInterfaceId),
  },
  {
    prefix: 'eipalloc-',
    filter: 'allocation-id',
    list: async (client, Filters) =>
      ((await client.send(new sdk.DescribeAddressesCommand({ Filters }))).Addresses ?? []).map(
        (one) => one.AllocationId,
      ),
  },
  {
    prefix: 'nat-',
    filter: 'nat-gateway-id',
    list: async (client, Filter) =>
      (await all(sdk.paginateDescribeNatGateways({ client }, { Filter }), (page) => page.NatGateways))
        .filter((one) => one.State !== 'deleted')
        .map((one) => one.NatGatewayId),
  },
];

/** Machines and their disks. */
const machineKinds = (sdk: Sdk): Kind[] => [
  {
    prefix: 'i-',
    filter: 'instance-id',
    list: async (client, Filters) =>
      (await all(sdk.paginateDescribeInstances({ client }, { Filters }), (page) => page.Reservations))
        .flatMap(({ Instances = [] }) => Instances)
        .filter((one) => one.State?.Name !== 'terminated')
        .map((one) => one.InstanceId),
  },
  {
    prefix: 'vol-',
    filter: 'volume-id',
    list: async (client, Filters) =>
      (await all(sdk.paginateDescribeVolumes({ client }, { Filters }), (page) => page.Volumes)).map(
        (one) => one.VolumeId,
      ),
  },
];
