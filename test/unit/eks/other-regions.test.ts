import { afterEach, expect, test } from 'vitest';
import { auditOtherRegions } from '../../../src/eks/audit/other-regions.ts';
import { recordingReporter } from '../../../src/report/index.ts';
import { type AwsAnswer, type AwsCall, FakeAws } from './fake-aws.ts';
import { eksSpec, meshOf } from './specs.ts';

let aws: FakeAws;
afterEach(() => aws.close());

const regions = (...names: string[]) =>
  `<regionInfo>${names.map((name) => `<item><regionName>${name}</regionName></item>`).join('')}</regionInfo>`;

const stack = (mesh: string) =>
  `<Stacks><member><StackName>isthmus-${mesh}-old</StackName><StackStatus>CREATE_COMPLETE</StackStatus>
   <CreationTime>2026-01-01T00:00:00Z</CreationTime><Tags>
   <member><Key>isthmus.io/mesh</Key><Value>${mesh}</Value></member>
   <member><Key>isthmus.io/cluster</Key><Value>old</Value></member></Tags></member></Stacks>`;

async function audit(answer: (call: AwsCall) => AwsAnswer | undefined) {
  aws = await FakeAws.start(answer);
  const reporter = recordingReporter();
  const topology = meshOf(eksSpec({ region: 'eu-west-1' }));
  const leftovers = await auditOtherRegions({ topology, accounts: aws.accounts, reporter });
  const notes = reporter.events.flatMap((event) =>
    event.type === 'note' ? [`${event.code}: ${event.message}`] : [],
  );
  return { leftovers, notes };
}

test('a stack in a region that the file no longer names is left over, another mesh’s is not', async () => {
  const { leftovers, notes } = await audit(({ action, region }) => {
    if (action === 'DescribeRegions') return regions('eu-west-1', 'us-east-1', 'us-west-2');
    if (action !== 'DescribeStacks') return undefined;
    return region === 'us-east-1' ? stack('demo') : stack('other');
  });
  expect(leftovers).toEqual([
    {
      kind: 'CloudFormation stack',
      id: 'isthmus-demo-old',
      cluster: 'old',
      detail: 'us-east-1, CREATE_COMPLETE, which the file does not name',
      removedBy: 'aws cloudformation delete-stack --stack-name isthmus-demo-old --region us-east-1',
    },
  ]);
  expect(notes).toEqual(['REGIONS_AUDITED: leftovers were also looked for in us-east-1, us-west-2']);
  expect(
    new Set(aws.calls.filter(({ action }) => action === 'DescribeStacks').map(({ region }) => region)),
  ).toEqual(new Set(['us-east-1', 'us-west-2']));
  const quiet = aws.calls.filter(({ region }) => region === 'us-west-2').map(({ action }) => action);
  expect(quiet.sort()).toEqual(['DescribeStacks', 'DescribeTags']);
});

test('a region is in use where its tags come after an empty page', async () => {
  const { leftovers } = await audit(({ action, region, form }) => {
    if (action === 'DescribeRegions') return regions('eu-west-1', 'us-east-1');
    if (action !== 'DescribeTags' || region !== 'us-east-1') return undefined;
    if (form.get('NextToken') === null) return '<tagSet></tagSet><nextToken>2</nextToken>';
    return `<tagSet><item><resourceId>acl-1</resourceId><resourceType>network-acl</resourceType>
      <key>isthmus.io/mesh</key><value>demo</value></item></tagSet>`;
  });
  expect(leftovers).toMatchObject([
    { id: 'acl-1', removedBy: 'aws ec2 delete-network-acl --network-acl-id acl-1 --region us-east-1' },
  ]);
});

test('a region that refuses is named, and keeps nobody from looking into the others', async () => {
  const { leftovers, notes } = await audit(({ action, region }) => {
    if (action === 'DescribeRegions') return regions('eu-west-1', 'ap-south-1', 'us-west-2');
    return region === 'ap-south-1' ? { refusal: 'AccessDenied' } : undefined;
  });
  expect(leftovers).toEqual([]);
  expect(notes).toEqual([
    'REGIONS_AUDITED: leftovers were also looked for in us-west-2',
    expect.stringMatching(
      /^REGIONS_UNSEEN: .* in ap-south-1 \(AWS failed while listing stacks in ap-south-1: AccessDenied/,
    ),
  ]);
});

test('where the list of regions is refused that is said', async () => {
  const { leftovers, notes } = await audit(() => ({ refusal: 'UnauthorizedOperation' }));
  expect(leftovers).toEqual([]);
  expect(notes).toEqual([expect.stringMatching(/^REGIONS_UNSEEN: .* in every other region \(AWS failed/)]);
});

test('two profiles of one account name its regions together; of another each names its own', async () => {
  const specs = [
    eksSpec({ name: 'east', region: 'eu-west-1' }),
    eksSpec({ name: 'west', region: 'us-east-1', profile: 'operations' }),
  ];
  const looked = async (account: (call: AwsCall) => string) => {
    const answer = (call: AwsCall) => {
      if (call.action === 'GetCallerIdentity') return `<Account>${account(call)}</Account><Arn>a</Arn>`;
      return call.action === 'DescribeRegions' ? regions('eu-west-1', 'us-east-1') : undefined;
    };
    aws = await FakeAws.start(answer);
    await auditOtherRegions({
      topology: meshOf(...specs),
      accounts: aws.accounts,
      reporter: recordingReporter(),
    });
    const asked = aws.calls.filter(({ action }) => action === 'DescribeStacks').map(({ region }) => region);
    await aws.close();
    return asked.sort();
  };
  expect(await looked(() => '111111111111')).toEqual([]);
  const ofRegion = ({ region }: AwsCall) => (region === 'us-east-1' ? '222222222222' : '111111111111');
  expect(await looked(ofRegion)).toEqual(['eu-west-1', 'us-east-1']);
  aws = await FakeAws.start(() => undefined);
});
