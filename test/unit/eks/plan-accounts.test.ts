import { afterEach, beforeEach, expect, test } from 'vitest';
import { eksProvider } from '../../../src/eks/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { type AwsCall, FakeAws } from './fake-aws.ts';
import { eksSpec, meshOf } from './specs.ts';

const stated = { zonesStated: true } as const;
const east = eksSpec({ name: 'east', region: 'us-east-1', zones: ['us-east-1a', 'us-east-1b'], ...stated });
const west = eksSpec({ name: 'west', region: 'us-west-2', zones: ['us-west-2a', 'us-west-2b'], ...stated });
const signal = new AbortController().signal;
const context = { topology: meshOf(east, west), reporter: silentReporter, signal };

const member = (inside: string) => `<member>${inside}</member>`;
const stack = (cluster: string, status: string) =>
  member(`<StackName>isthmus-demo-${cluster}</StackName><StackStatus>${status}</StackStatus>
  <CreationTime>2026-01-01T00:00:00Z</CreationTime><Tags>
  ${member('<Key>isthmus.io/mesh</Key><Value>demo</Value>')}
  ${member(`<Key>isthmus.io/cluster</Key><Value>${cluster}</Value>`)}</Tags>`);

/** Nobody may list the stacks of us-east-1; those of us-west-2 are the cluster's, and one of before. */
function answer({ action, region, form }: AwsCall) {
  if (action === 'GetCallerIdentity')
    return '<Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/me</Arn>';
  if (action !== 'DescribeStacks') return undefined;
  if (region === 'us-east-1') return { refusal: 'AccessDenied' };
  const own = stack('west', 'CREATE_IN_PROGRESS');
  return `<Stacks>${form.get('StackName') ? own : own + stack('former', 'CREATE_COMPLETE')}</Stacks>`;
}

let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start(answer);
});
afterEach(() => aws.close());

const provider = () =>
  eksProvider({ credentials: () => async () => ({ accessKeyId: 'AKIAFAKE', secretAccessKey: 'fake' }) });

test('of an account that refuses to list its stacks the plan of others needs nothing', async () => {
  const changes = await provider().plan(context, [west]);
  expect(changes.map(({ cluster, action }) => [cluster, action])).toEqual([
    ['west', 'update'],
    ['former', 'remove'],
  ]);
});

test('its own plan says that it was refused', async () => {
  await expect(provider().plan(context, [east])).rejects.toMatchObject({ code: 'AWS_REFUSED' });
});
