import type {
  DescribeLoadBalancersCommandInput,
  LoadBalancer as ElbLoadBalancer,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { type AwsAccount, awsError, isMissing } from '../../aws/index.ts';
import { taggedForCluster } from './tagged.ts';

/** A load balancer with the tags that its controller gave it. */
export interface TaggedLoadBalancer {
  readonly balancer: ElbLoadBalancer;
  readonly tags: Readonly<Record<string, string>>;
}

/** The load balancers that exist of those that a cluster's controllers made, by their tags. */
export async function taggedLoadBalancers(
  account: AwsAccount,
  eksName: string,
): Promise<TaggedLoadBalancer[]> {
  const tagged = await taggedForCluster(account, 'loadbalancer', eksName);
  const found = await Promise.all(
    tagged.map(async ({ arn, tags }) => {
      const balancer = await loadBalancerOf(account, arn);
      return balancer ? [{ balancer, tags }] : [];
    }),
  );
  return found.flat();
}

/** What is behind these host names, of those that AWS has: it knows them by name at once, by tag a moment later. */
export async function loadBalancersByHost(
  account: AwsAccount,
  hostnames: readonly string[],
): Promise<TaggedLoadBalancer[]> {
  const found = await Promise.all(
    hostnames.map(async (host) => {
      const name = nameIn(host);
      const balancer =
        name === undefined ? undefined : await describeLoadBalancer(account, { Names: [name] });
      return balancer?.DNSName === host ? [{ balancer, tags: {} }] : [];
    }),
  );
  return found.flat();
}

/** One of Application, Network and Gateway Load Balancers by its ARN; undefined if it is gone or a classic one. */
export async function loadBalancerOf(account: AwsAccount, arn: string): Promise<ElbLoadBalancer | undefined> {
  // The API of these three does not know a classic one's ARN, which has no part for its kind.
  if (!/:loadbalancer\/[^/]+\/[^/]+\/[^/]+$/.test(arn)) return undefined;
  return describeLoadBalancer(account, { LoadBalancerArns: [arn] });
}

/** `NAME-ID.elb.REGION.amazonaws.com`, and `internal-` before it of some; no name begins with that. */
const nameIn = (host: string): string | undefined =>
  /^(?:internal-)?([a-z\d-]+)-[a-z\d]+\.[a-z\d.-]*\belb\b/i.exec(host)?.[1];

async function describeLoadBalancer(
  account: AwsAccount,
  which: DescribeLoadBalancersCommandInput,
): Promise<ElbLoadBalancer | undefined> {
  const { DescribeLoadBalancersCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const client = await account.loadBalancing();
  try {
    return (await client.send(new DescribeLoadBalancersCommand(which))).LoadBalancers?.[0];
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw awsError(error, `reading a load balancer in ${account.target.region}`);
  }
}
