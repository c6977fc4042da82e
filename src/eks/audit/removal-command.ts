import type { AwsTarget } from '../../aws/index.ts';
import { shellWord } from '../../process/index.ts';
import type { Leftover } from '../../provider/index.ts';

/** The aws CLI's command that removes a thing of one kind, as the audit names kinds; EC2's are by their ids' beginnings. */
const commands: Readonly<Record<string, string>> = {
  'CloudFormation stack': 'cloudformation delete-stack --stack-name',
  'load balancer': 'elbv2 delete-load-balancer --load-balancer-arn',
  'target group': 'elbv2 delete-target-group --target-group-arn',
  'log group': 'logs delete-log-group --log-group-name',
};
const ec2Commands: Readonly<Record<string, string>> = {
  acl: 'delete-network-acl --network-acl-id',
  eigw: 'delete-egress-only-internet-gateway --egress-only-internet-gateway-id',
  eipalloc: 'release-address --allocation-id',
  eni: 'delete-network-interface --network-interface-id',
  i: 'terminate-instances --instance-ids',
  igw: 'delete-internet-gateway --internet-gateway-id',
  lt: 'delete-launch-template --launch-template-id',
  nat: 'delete-nat-gateway --nat-gateway-id',
  rtb: 'delete-route-table --route-table-id',
  sg: 'delete-security-group --group-id',
  snap: 'delete-snapshot --snapshot-id',
  subnet: 'delete-subnet --subnet-id',
  vol: 'delete-volume --volume-id',
  vpc: 'delete-vpc --vpc-id',
};

/** The command by which somebody removes what `down` left, by the same identity; undefined for a kind that is not known. */
export function removalCommand(
  { kind, id }: Pick<Leftover, 'kind' | 'id'>,
  { region, profile }: AwsTarget,
): string | undefined {
  const ec2 = ec2Commands[id.split('-', 1)[0] ?? ''];
  const what = commands[kind] ?? (ec2 && `ec2 ${ec2}`);
  if (what === undefined) return undefined;
  const identity = profile === undefined ? [] : ['--profile', shellWord(profile)];
  // Nothing in AWS's ids, names of stacks and of log groups needs quotes; a profile may be called anything.
  return ['aws', what, id, '--region', region, ...identity].join(' ');
}
