import { afterEach, beforeEach, expect, test } from 'vitest';
import { eksProvider } from '../../../src/eks/index.ts';
import type { IsthmusError } from '../../../src/errors/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { type AwsCall, FakeAws } from './fake-aws.ts';
import { eksSpec, meshOf } from './specs.ts';

/** Stack and EKS cluster are named after mesh and cluster, joined by dashes that both may have inside. */
const spec = eksSpec({ zones: ['eu-west-1a', 'eu-west-1b'], zonesStated: true });
const name = `isthmus-demo-${spec.name}`;
const context = { topology: meshOf(spec), reporter: silentReporter, signal: new AbortController().signal };
type Tags = Readonly<Record<string, string>>;
const ours: Tags = { 'isthmus.io/mesh': 'demo', 'isthmus.io/cluster': spec.name };

let aws: FakeAws;
let stackTags: Tags | undefined;
let clusterTags: Tags | undefined;

const member = (inside: string) => `<member>${inside}</member>`;
const stackXml = (tags: Tags) =>
  `<Stacks>${member(`<StackName>${name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>
   <CreationTime>2026-01-01T00:00:00Z</CreationTime><Tags>${Object.entries(tags)
     .map(([key, value]) => member(`<Key>${key}</Key><Value>${value}</Value>`))
     .join('')}</Tags>`)}</Stacks>`;

function answer({ action }: AwsCall) {
  if (action === 'GetCallerIdentity')
    return '<Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/me</Arn>';
  if (action === 'DescribeStacks' && stackTags) return stackXml(stackTags);
  if (action === `GET /clusters/${name}` && clusterTags)
    return JSON.stringify({
      cluster: { endpoint: 'https://x.eks', certificateAuthority: { data: 'YQ==' }, tags: clusterTags },
    });
  return undefined;
}

beforeEach(async () => {
  aws = await FakeAws.start(answer);
  [stackTags, clusterTags] = [undefined, undefined];
});
afterEach(() => aws.close());

const provider = () =>
  eksProvider({ credentials: () => async () => ({ accessKeyId: 'AKIAFAKE', secretAccessKey: 'fake' }) });
const writes = () =>
  aws.calls
    .map(({ action }) => action)
    .filter((action) => !/^(Describe|List|GetCallerIdentity|GET )/.test(action));

const strangers: readonly (readonly [string, Tags, string])[] = [
  [
    'another mesh',
    { 'isthmus.io/mesh': 'demo-eks', 'isthmus.io/cluster': '1' },
    'is of cluster 1 of mesh demo-eks',
  ],
  ['somebody without isthmus', {}, 'has no tag isthmus.io/mesh'],
  ['another cluster of the mesh', { ...ours, 'isthmus.io/cluster': 'x' }, 'is of cluster x of mesh demo'],
];

test.each(strangers)('a stack of %s is neither changed nor removed', async (_, tags, whose) => {
  stackTags = tags;
  const refusal = { code: 'STACK_FOREIGN', message: `cluster ${spec.name}: stack ${name} ${whose}` };
  const refused = expect.objectContaining({ ...refusal, message: expect.stringContaining(refusal.message) });
  await expect(provider().ensure(context, spec)).rejects.toEqual(refused);
  await expect(provider().allowRemoval?.(context, spec.name)).rejects.toEqual(refused);
  await expect(provider().remove(context, spec.name)).rejects.toEqual(refused);
  await expect(provider().plan(context, [spec])).rejects.toEqual(refused);
  expect(await provider().missingRequirements(context, [spec])).toEqual([refused]);
  expect(writes()).toEqual([]);
});

test.each(strangers)(
  'an EKS cluster of %s is not connected to, though it has no stack',
  async (_, tags, whose) => {
    clusterTags = tags;
    const refused = expect.objectContaining({
      code: 'STACK_FOREIGN',
      message: expect.stringContaining(`EKS cluster ${name} ${whose}`),
    });
    await expect(provider().connection(context, spec)).rejects.toEqual(refused);
    expect(await provider().missingRequirements(context, [spec])).toEqual([refused]);
  },
);

test('an EKS cluster of this mesh is connected to', async () => {
  clusterTags = ours;
  expect(await provider().connection(context, spec)).toMatchObject({ apiServerForPeers: 'https://x.eks' });
  stackTags = ours;
  const codes = (await provider().missingRequirements(context, [spec])).map(
    (one) => (one as IsthmusError).code,
  );
  expect(codes).not.toContain('STACK_FOREIGN');
});
