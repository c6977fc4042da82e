import type { TagFilter } from '@aws-sdk/client-resource-groups-tagging-api';
import { type AwsAccount, awsError } from '../../aws/index.ts';
import { clusterTagsOf, controllerTags, inTreeServiceTag, meshTag } from '../names.ts';

/** What load balancing in AWS tags, as the tagging API names it. */
export type BalancingType = 'loadbalancer' | 'targetgroup';

/** A thing of load balancing, with all its tags. */
export interface Tagged {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Things of one region that bear the tags of one EKS cluster's controllers. AWS finds them by tag, so that
 * what else an account has is neither listed nor paid for in calls. What was deleted a moment ago may be
 * among them, and what was made a moment ago may not.
 */
export function taggedForCluster(
  account: AwsAccount,
  type: BalancingType,
  eksName: string,
): Promise<Tagged[]> {
  return taggedWith(account, type, clusterTagsOf(eksName));
}

/** Things of one region that bear a mesh's tag or that of any cluster's controller; whose, their tags tell. */
export function taggedForAny(account: AwsAccount, type: BalancingType, mesh: string): Promise<Tagged[]> {
  const byController = [...controllerTags, inTreeServiceTag].map((Key) => ({ Key }));
  return taggedWith(account, type, [{ Key: meshTag, Values: [mesh] }, ...byController]);
}

/** One question for each filter, as AWS joins several by "and". */
async function taggedWith(
  account: AwsAccount,
  type: BalancingType,
  filters: readonly TagFilter[],
): Promise<Tagged[]> {
  const found = await Promise.all(filters.map((filter) => resourcesWith(account, type, filter)));
  return [...new Map(found.flat().map((one) => [one.arn, one])).values()];
}

async function resourcesWith(account: AwsAccount, type: BalancingType, filter: TagFilter): Promise<Tagged[]> {
  const { paginateGetResources } = await import('@aws-sdk/client-resource-groups-tagging-api');
  const client = await account.tagging();
  const input = { TagFilters: [filter], ResourceTypeFilters: [`elasticloadbalancing:${type}`] };
  const found: Tagged[] = [];
  try {
    for await (const { ResourceTagMappingList = [] } of paginateGetResources({ client }, input))
      for (const { ResourceARN: arn = '', Tags = [] } of ResourceTagMappingList)
        found.push({
          arn,
          tags: Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
        });
    return found;
  } catch (error) {
    throw awsError(error, `looking for load balancers by their tags in ${account.target.region}`);
  }
}
