import type { RouteTable, Subnet } from '@aws-sdk/client-ec2';
import { type AwsAccount, awsError } from '../../aws/index.ts';
import { type WaysOut, waysOutBy } from './default-routes.ts';
import type { VpcSubnets } from './existing-vpc.ts';

/** Every subnet of a VPC, and where its default routes lead; none if there is no such VPC. */
export async function subnetsOf(account: AwsAccount, vpcId: string): Promise<VpcSubnets> {
  const { paginateDescribeRouteTables, paginateDescribeSubnets } = await import('@aws-sdk/client-ec2');
  const client = await account.ec2();
  const of = { Filters: [{ Name: 'vpc-id', Values: [vpcId] }] };
  const all: Subnet[] = [];
  const tables: RouteTable[] = [];
  try {
    for await (const { Subnets = [] } of paginateDescribeSubnets({ client }, of)) all.push(...Subnets);
    for await (const { RouteTables = [] } of paginateDescribeRouteTables({ client }, of))
      tables.push(...RouteTables);
  } catch (error) {
    throw awsError(error, `looking for the subnets of ${vpcId}`);
  }
  return { all, ways: waysOutOf(all, tables) };
}

/** A subnet without a table of its own has the VPC's main one. */
export function waysOutOf(
  subnets: readonly Subnet[],
  tables: readonly RouteTable[],
): ReadonlyMap<string, WaysOut> {
  const main = tables.find(({ Associations = [] }) => Associations.some((one) => one.Main));
  const tableOf = (id: string) =>
    tables.find(({ Associations = [] }) => Associations.some(({ SubnetId }) => SubnetId === id)) ?? main;
  const ids = subnets.map(({ SubnetId = '' }) => SubnetId);
  return new Map(ids.map((id) => [id, waysOutBy(tableOf(id) ?? {})]));
}
