import type { EC2Client } from '@aws-sdk/client-ec2';

/**
 * Of these ids, those that EC2 still lists although they are gone: it shows deleted NAT gateways and
 * terminated instances, with their tags, for about an hour.
 */
export async function lingering(client: EC2Client, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const ec2 = await import('@aws-sdk/client-ec2');
  const gone = new Set<string>();
  const gateways = ids.filter((id) => id.startsWith('nat-'));
  if (gateways.length > 0) {
    const Filter = [{ Name: 'nat-gateway-id', Values: gateways }];
    const alive = new Set<string | undefined>();
    for await (const { NatGateways = [] } of ec2.paginateDescribeNatGateways({ client }, { Filter }))
      for (const one of NatGateways) if (one.State !== 'deleted') alive.add(one.NatGatewayId);
    for (const id of gateways) if (!alive.has(id)) gone.add(id);
  }
  const instances = ids.filter((id) => id.startsWith('i-'));
  if (instances.length > 0) {
    const Filters = [{ Name: 'instance-id', Values: instances }];
    const alive = new Set<string | undefined>();
    for await (const { Reservations = [] } of ec2.paginateDescribeInstances({ client }, { Filters }))
      for (const one of Reservations.flatMap(({ Instances = [] }) => Instances))
        if (one.State?.Name !== 'terminated') alive.add(one.InstanceId);
    for (const id of instances) if (!alive.has(id)) gone.add(id);
  }
  return gone;
}
