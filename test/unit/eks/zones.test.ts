import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { AwsAccount } from '../../../src/aws/index.ts';
import { requireZones, withZones } from '../../../src/eks/stack/pinned-zones.ts';
import { eksSpec } from './specs.ts';

/** Zone ids by their letters, as one account has them, and the zones of a stack that may be there. */
function accountWith(
  ids: Readonly<Record<string, string>>,
  stack?: { status: string; zones: string[] },
  region = 'us-east-1',
): AwsAccount {
  const zones = Object.entries(ids).map(([letter, id]) => ({
    ZoneName: `${region}${letter}`,
    ZoneId: id,
    State: 'available',
    ZoneType: 'availability-zone',
  }));
  const resources = stack?.zones.map((zone, at) => [
    `Private${at + 1}Subnet`,
    { Type: 'AWS::EC2::Subnet', Properties: { AvailabilityZone: zone } },
  ]);
  const answers: Readonly<Record<string, object>> = {
    DescribeAvailabilityZonesCommand: { AvailabilityZones: zones },
    DescribeStacksCommand: { Stacks: stack ? [{ StackStatus: stack.status }] : [] },
    GetTemplateCommand: { TemplateBody: stringify({ Resources: Object.fromEntries(resources ?? []) }) },
  };
  const send = async (command: object) => answers[command.constructor.name] ?? {};
  const client = async () => ({ send });
  return {
    target: { region, profile: undefined },
    ec2: client,
    cloudFormation: client,
  } as unknown as AwsAccount;
}

const spec = eksSpec({ region: 'us-east-1' });
/** An account whose letter b is the zone that EKS does not take. */
const unlucky = { a: 'use1-az4', b: 'use1-az3', c: 'use1-az1', d: 'use1-az2' };

test('where the file names no zones it takes the first three that EKS takes in this account', async () => {
  expect((await withZones(spec, accountWith(unlucky), 'stack')).zones).toEqual([
    'us-east-1a',
    'us-east-1c',
    'us-east-1d',
  ]);
});

test('what a stack has stays, also when the account would be given others', async () => {
  const stack = { status: 'UPDATE_COMPLETE', zones: ['us-east-1d', 'us-east-1a'] };
  expect((await withZones(spec, accountWith(unlucky, stack), 'stack')).zones).toEqual([
    'us-east-1d',
    'us-east-1a',
  ]);
  const busy = { ...stack, status: 'CREATE_IN_PROGRESS' };
  expect((await withZones(spec, accountWith(unlucky, busy), 'stack')).zones).toEqual([
    'us-east-1d',
    'us-east-1a',
  ]);
  const dead = { ...stack, status: 'ROLLBACK_COMPLETE' };
  expect((await withZones(spec, accountWith(unlucky, dead), 'stack')).zones).toHaveLength(3);
});

test('the file’s zones are taken as they are, and refused by name and id where EKS does not take them', async () => {
  const stated = eksSpec({ region: 'us-east-1', zonesStated: true, zones: ['us-east-1a', 'us-east-1b'] });
  expect((await withZones(stated, accountWith(unlucky), 'stack')).zones).toEqual([
    'us-east-1a',
    'us-east-1b',
  ]);
  await expect(requireZones(stated, accountWith(unlucky))).rejects.toMatchObject({
    code: 'MESH_FILE_INVALID',
    message: expect.stringContaining('us-east-1b, which is use1-az3 in this account'),
    hint: 'set `zones` to two or more of us-east-1a, us-east-1c, us-east-1d',
  });
  await expect(requireZones(stated, accountWith({ a: 'use1-az4', b: 'use1-az1' }))).resolves.toBeUndefined();
  await expect(requireZones(stated, accountWith({ a: 'use1-az4' }))).rejects.toMatchObject({
    message: expect.stringContaining('us-east-1b are not open to this account'),
  });
});

test('one usable zone is too few', async () => {
  await expect(withZones(spec, accountWith({ a: 'use1-az4', b: 'use1-az3' }), 'stack')).rejects.toMatchObject(
    {
      code: 'MESH_FILE_INVALID',
    },
  );
});

test.each([
  ['us-west-1', { a: 'usw1-az3', b: 'usw1-az2', c: 'usw1-az1' }, ['a', 'c']],
  ['ca-central-1', { a: 'cac1-az1', b: 'cac1-az2', c: 'cac1-az3', d: 'cac1-az4' }, ['a', 'b', 'd']],
  ['cn-north-1', { a: 'cnn1-az1', b: 'cnn1-az2' }, ['a', 'b']],
  ['cn-north-1', { a: 'cnn1-az1', b: 'cnn1-az2', d: 'cnn1-az4' }, ['a', 'b', 'd']],
])('%s gets the zones that this account has and EKS takes, of %j', async (region, ids, letters) => {
  const account = accountWith(ids, undefined, region);
  const { zones } = await withZones(eksSpec({ region }), account, 'stack');
  expect(zones).toEqual(letters.map((letter) => region + letter));
});

test.each([
  ['us-west-1', { a: 'usw1-az3', b: 'usw1-az2' }, 'us-west-1b, which is usw1-az2'],
  ['ca-central-1', { a: 'cac1-az1', b: 'cac1-az3' }, 'ca-central-1b, which is cac1-az3'],
])(
  'zones that the file names in %s are refused by the id that they have in this account',
  async (region, ids, said) => {
    const stated = eksSpec({ region, zonesStated: true, zones: [`${region}a`, `${region}b`] });
    await expect(requireZones(stated, accountWith(ids, undefined, region))).rejects.toMatchObject({
      code: 'MESH_FILE_INVALID',
      message: expect.stringContaining(said),
    });
  },
);
