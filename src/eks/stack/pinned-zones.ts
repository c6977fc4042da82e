import { parse } from 'yaml';
import { type AwsAccount, awsError } from '../../aws/index.ts';
import { IsthmusError } from '../../errors/index.ts';
import type { EksClusterSpec } from '../../topology/index.ts';
import { refusedZoneIds } from '../network/zone-ids.ts';
import { observeStack } from './stack-state.ts';

/** As many as a cluster gets where the file names none. */
const usual = 3;

/** A region's availability zones as one account sees them, by name. */
interface RegionZones {
  readonly usable: readonly string[];
  /** Open to the account, but EKS makes no cluster there; with their ids. */
  readonly refused: ReadonlyMap<string, string>;
}

/**
 * A cluster with its zones: those of the file; where it names none, those that its stack has; where there
 * is no stack yet, the first three of the region that EKS takes in this account. Throws MESH_FILE_INVALID
 * if there are not two.
 */
export async function withZones(
  spec: EksClusterSpec,
  account: AwsAccount,
  stack: string,
): Promise<EksClusterSpec> {
  if (spec.zonesStated || spec.vpcId !== undefined) return spec;
  const zones = (await zonesOfStack(account, stack)) ?? (await usableZones(account)).slice(0, usual);
  if (zones.length >= 2) return { ...spec, zones };
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${spec.name}: this account has no two zones of ${spec.region} in which EKS makes clusters`,
    { hint: 'choose another region' },
  );
}

const usableZones = async (account: AwsAccount) => (await regionZones(account)).usable;

/** Throws MESH_FILE_INVALID if the account lacks one of the file's zones, or EKS makes no cluster in it. */
export async function requireZones(spec: EksClusterSpec, account: AwsAccount): Promise<void> {
  if (!spec.zonesStated) return;
  const { usable, refused } = await regionZones(account);
  const hint = `set \`zones\` to two or more of ${usable.join(', ')}`;
  const barred = spec.zones.filter((zone) => refused.has(zone));
  const missing = spec.zones.filter((zone) => !usable.includes(zone) && !refused.has(zone));
  const ids = barred.map((zone) => `${zone}, which is ${refused.get(zone)} in this account`).join(', ');
  if (barred.length > 0)
    throw new IsthmusError('MESH_FILE_INVALID', `cluster ${spec.name}: EKS makes no cluster in zone ${ids}`, {
      hint,
    });
  if (missing.length > 0)
    throw new IsthmusError(
      'MESH_FILE_INVALID',
      `cluster ${spec.name}: zones ${missing.join(', ')} are not open to this account`,
      { hint },
    );
}

async function regionZones(account: AwsAccount): Promise<RegionZones> {
  const { DescribeAvailabilityZonesCommand } = await import('@aws-sdk/client-ec2');
  const client = await account.ec2();
  const { AvailabilityZones = [] } = await client
    .send(new DescribeAvailabilityZonesCommand({}))
    .catch((error: unknown) => {
      throw awsError(error, `listing the zones of ${account.target.region}`);
    });
  const offered = AvailabilityZones.filter(
    ({ State, ZoneType }) =>
      State === 'available' && (ZoneType ?? 'availability-zone') === 'availability-zone',
  ).map(({ ZoneName = '', ZoneId = '' }) => [ZoneName, ZoneId] as const);
  return {
    usable: offered.flatMap(([name, id]) => (refusedZoneIds.includes(id) ? [] : [name])).sort(),
    refused: new Map(offered.filter(([, id]) => refusedZoneIds.includes(id))),
  };
}

interface StackTemplate {
  readonly Resources?: Readonly<Record<string, { readonly Properties?: { AvailabilityZone?: string } }>>;
}

/** The zones that a stack's template names, in its order; undefined if there is no stack that lasts. */
async function zonesOfStack(account: AwsAccount, stack: string): Promise<string[] | undefined> {
  const { phase } = await observeStack(account, stack);
  if (phase === 'absent' || phase === 'dead') return undefined;
  const { GetTemplateCommand } = await import('@aws-sdk/client-cloudformation');
  const client = await account.cloudFormation();
  const { TemplateBody = '' } = await client
    .send(new GetTemplateCommand({ StackName: stack, TemplateStage: 'Original' }))
    .catch((error: unknown) => {
      throw awsError(error, `reading the template of ${stack}`);
    });
  const { Resources = {} } = (parse(TemplateBody) ?? {}) as StackTemplate;
  const numbered = Object.entries(Resources).flatMap(([id, { Properties = {} }]) => {
    const number = /^Private(\d+)Subnet$/.exec(id)?.[1];
    return number === undefined ? [] : [{ number: Number(number), zone: Properties.AvailabilityZone ?? '' }];
  });
  if (numbered.length === 0) return undefined;
  return numbered.sort((a, b) => a.number - b.number).map(({ zone }) => zone);
}
