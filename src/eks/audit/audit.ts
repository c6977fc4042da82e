import type { TagDescription } from '@aws-sdk/client-ec2';
import type { AwsAccount } from '../../aws/index.ts';
import { awsError, isMissing } from '../../aws/index.ts';
import type { Leftover } from '../../provider/index.ts';
import { loadBalancerOf } from '../load-balancers/find.ts';
import { taggedForAny } from '../load-balancers/tagged.ts';
import { clusterTag, controllerTags, logGroupName, meshTag, stackPrefix } from '../names.ts';
import { listStacks } from '../stack/stack-state.ts';
import { existingIds } from './existing-ids.ts';
import { removalCommand } from './removal-command.ts';

export interface Audit {
  readonly mesh: string;
  readonly account: AwsAccount;
}

/** Decides whose a thing is by its tags; undefined for what is not the mesh's. */
type Owner = (tags: Readonly<Record<string, string>>) => string | undefined;

/**
 * Whatever of a mesh still exists in one region: stacks, anything in EC2 with our tags or those of our
 * clusters' controllers, load balancers, target groups and log groups. Looks only; never deletes.
 */
export async function auditPlace({ mesh, account }: Audit): Promise<Leftover[]> {
  const stacks = await listStacks(account);
  const others = new Set(stacks.filter(({ state }) => state.tags[meshTag] !== mesh).map(({ name }) => name));
  const owner = ownerOf(mesh, others);
  const found = await Promise.all([
    leftoverStacks(stacks, mesh),
    leftoverInEc2(account, owner),
    leftoverBalancers({ mesh, account }, owner),
    leftoverGroups({ mesh, account }, owner),
    leftoverLogs(account, { mesh, others }),
  ]);
  const { region } = account.target;
  return found.flat().map((one) => ({
    ...one,
    detail: [region, one.detail].filter(Boolean).join(', '),
    removedBy: removalCommand(one, account.target),
  }));
}

/**
 * Our tags decide. Controllers know only their EKS cluster's name, which a mesh whose name begins with
 * ours might share; it is taken for ours unless another mesh's stack has it.
 */
function ownerOf(mesh: string, others: ReadonlySet<string>): Owner {
  return (tags) => {
    if (tags[meshTag] !== undefined) return tags[meshTag] === mesh ? (tags[clusterTag] ?? '') : undefined;
    const named = Object.keys(tags)
      .find((key) => key.startsWith('kubernetes.io/cluster/'))
      ?.split('/')[2];
    const eksName = controllerTags.map((key) => tags[key]).find((value) => value !== undefined) ?? named;
    return eksName?.startsWith(stackPrefix(mesh)) && !others.has(eksName)
      ? eksName.slice(stackPrefix(mesh).length)
      : undefined;
  };
}

function leftoverStacks(stacks: Awaited<ReturnType<typeof listStacks>>, mesh: string): Leftover[] {
  return stacks
    .filter(({ state }) => state.tags[meshTag] === mesh)
    .map(({ name, state }) => ({
      kind: 'CloudFormation stack',
      id: name,
      cluster: state.tags[clusterTag],
      detail: state.status,
    }));
}

/** Every kind of thing that EC2 can tag, in one listing. */
async function leftoverInEc2(account: AwsAccount, owner: Owner): Promise<Leftover[]> {
  const { paginateDescribeTags } = await import('@aws-sdk/client-ec2');
  const client = await account.ec2();
  const byId = new Map<string, { type: string; tags: Record<string, string> }>();
  const keys = [meshTag, clusterTag, ...controllerTags, 'kubernetes.io/cluster/*'];
  try {
    const pages = paginateDescribeTags({ client }, { Filters: [{ Name: 'key', Values: keys }] });
    for await (const { Tags = [] } of pages) for (const tag of Tags) collect(byId, tag);
    const owned = [...byId].flatMap(([id, { type, tags }]) => {
      const cluster = owner(tags);
      return cluster === undefined
        ? []
        : [{ kind: type.replaceAll('-', ' '), id, cluster: cluster || undefined }];
    });
    const existing = await existingIds(
      client,
      owned.map(({ id }) => id),
    );
    return owned.filter(({ id }) => existing.has(id));
  } catch (error) {
    throw awsError(error, `looking for leftovers in EC2 in ${account.target.region}`);
  }
}

function collect(
  byId: Map<string, { type: string; tags: Record<string, string> }>,
  tag: TagDescription,
): void {
  const id = tag.ResourceId ?? '';
  const known = byId.get(id) ?? { type: tag.ResourceType ?? 'resource', tags: {} };
  known.tags[tag.Key ?? ''] = tag.Value ?? '';
  byId.set(id, known);
}

async function leftoverBalancers({ mesh, account }: Audit, owner: Owner): Promise<Leftover[]> {
  const tagged = await taggedForAny(account, 'loadbalancer', mesh);
  const found = tagged.map(async ({ arn: id, tags }) => {
    const cluster = owner(tags);
    const balancer = cluster === undefined ? undefined : await loadBalancerOf(account, id);
    return balancer ? [{ kind: 'load balancer', id, cluster, detail: balancer.DNSName }] : [];
  });
  return (await Promise.all(found)).flat();
}

async function leftoverGroups({ mesh, account }: Audit, owner: Owner): Promise<Leftover[]> {
  const tagged = await taggedForAny(account, 'targetgroup', mesh);
  const found = tagged.map(async ({ arn: id, tags }) => {
    const cluster = owner(tags);
    return cluster !== undefined && (await groupExists(account, id))
      ? [{ kind: 'target group', id, cluster }]
      : [];
  });
  return (await Promise.all(found)).flat();
}

async function groupExists(account: AwsAccount, arn: string): Promise<boolean> {
  const { DescribeTargetGroupsCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const client = await account.loadBalancing();
  try {
    const { TargetGroups = [] } = await client.send(
      new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] }),
    );
    return TargetGroups.length > 0;
  } catch (error) {
    if (isMissing(error)) return false;
    throw awsError(error, `looking for target groups in ${account.target.region}`);
  }
}

async function leftoverLogs(
  account: AwsAccount,
  { mesh, others }: { mesh: string; others: ReadonlySet<string> },
): Promise<Leftover[]> {
  const { paginateDescribeLogGroups } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = await account.logs();
  const [prefix = '', suffix = ''] = logGroupName('\n').split('\n');
  const found: Leftover[] = [];
  try {
    const logGroupNamePrefix = `${prefix}${stackPrefix(mesh)}`;
    for await (const { logGroups = [] } of paginateDescribeLogGroups({ client }, { logGroupNamePrefix }))
      for (const { logGroupName: id = '' } of logGroups) {
        const eksName = id.slice(prefix.length, id.length - suffix.length);
        if (id.endsWith(suffix) && !others.has(eksName))
          found.push({ kind: 'log group', id, cluster: eksName.slice(stackPrefix(mesh).length) });
      }
    return found;
  } catch (error) {
    throw awsError(error, `looking for log groups in ${account.target.region}`);
  }
}
