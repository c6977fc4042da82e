import type {
  ElasticLoadBalancingV2Client,
  LoadBalancer as ElbLoadBalancer,
  Listener,
  TagDescription,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { AwsAccount } from '../../aws/index.ts';
import { awsError, retryOnMissing } from '../../aws/index.ts';
import type { LoadBalancer, LoadBalancerTarget, TargetState } from '../../provider/index.ts';
import { controllerTags } from '../names.ts';

/** Tags by which a controller names the Service that a load balancer is for, as `namespace/name`. */
const serviceTags = [
  'service.eks.amazonaws.com/stack',
  'service.k8s.aws/stack',
  'kubernetes.io/service-name',
];
/** DescribeTags takes no more at once. */
const tagsAtOnce = 20;

/** A Service of type LoadBalancer as Kubernetes tells of it. */
export interface BalancedService {
  readonly namespace: string;
  readonly name: string;
  readonly hostnames: readonly string[];
}

/** Which pod and node have an address. */
export type PodsByAddress = ReadonlyMap<string, { readonly pod: string; readonly node: string | undefined }>;

/** A load balancer with the tags that its controller gave it. */
export interface TaggedLoadBalancer {
  readonly balancer: ElbLoadBalancer;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The load balancers of a VPC, or of a whole region where none is named, with their tags. An account may
 * have hundreds of them, whose tags are asked for twenty at a time: only those of the VPC are.
 */
export function listLoadBalancers(account: AwsAccount, vpcId?: string): Promise<TaggedLoadBalancer[]> {
  return retryOnMissing(account, 'a steady list of load balancers', () => loadBalancersNow(account, vpcId));
}

/** The same by one look, which fails where a load balancer goes between its listing and its tags. */
export async function loadBalancersNow(account: AwsAccount, vpcId?: string): Promise<TaggedLoadBalancer[]> {
  const { paginateDescribeLoadBalancers } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const client = await account.loadBalancing();
  const found: ElbLoadBalancer[] = [];
  try {
    for await (const { LoadBalancers = [] } of paginateDescribeLoadBalancers({ client }, {}))
      found.push(...LoadBalancers.filter((one) => vpcId === undefined || one.VpcId === vpcId));
    const tags = await tagsByArn(
      client,
      found.map(({ LoadBalancerArn = '' }) => LoadBalancerArn),
    );
    return found.map((balancer) => ({ balancer, tags: tags.get(balancer.LoadBalancerArn ?? '') ?? {} }));
  } catch (error) {
    throw awsError(error, `listing load balancers in ${account.target.region}`);
  }
}

/** Tags of load balancers, target groups or listeners. */
export async function tagsByArn(
  client: ElasticLoadBalancingV2Client,
  arns: readonly string[],
): Promise<Map<string, Record<string, string>>> {
  const { DescribeTagsCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const found: TagDescription[] = [];
  for (let at = 0; at < arns.length; at += tagsAtOnce) {
    const ResourceArns = arns.slice(at, at + tagsAtOnce);
    found.push(...((await client.send(new DescribeTagsCommand({ ResourceArns }))).TagDescriptions ?? []));
  }
  return new Map(
    found.map(({ ResourceArn = '', Tags = [] }) => [
      ResourceArn,
      Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
    ]),
  );
}

/** The load balancers that a cluster's controllers made, by their tags. */
export function ofCluster(balancers: readonly TaggedLoadBalancer[], eksName: string): TaggedLoadBalancer[] {
  return balancers.filter(({ tags }) => controllerTags.some((key) => tags[key] === eksName));
}

export interface LoadBalancerView {
  readonly cluster: string;
  readonly eksName: string;
  readonly account: AwsAccount;
  /** Where they are, if that is known: no others are asked about. */
  readonly vpcId: string | undefined;
  /** Empty when the API server does not answer; then only tags tell. */
  readonly services: readonly BalancedService[];
  readonly pods: PodsByAddress;
}

/** A cluster's load balancers with the health of every target, and Services that have none yet. */
export function viewLoadBalancers(view: LoadBalancerView): Promise<LoadBalancer[]> {
  return retryOnMissing(view.account, `a steady view of ${view.cluster}'s load balancers`, () =>
    viewOnce(view),
  );
}

async function viewOnce(view: LoadBalancerView): Promise<LoadBalancer[]> {
  const all = await listLoadBalancers(view.account, view.vpcId);
  const hostnames = new Map(view.services.flatMap((one) => one.hostnames.map((host) => [host, one])));
  const byTag = new Set(ofCluster(all, view.eksName));
  const mine = all.filter((one) => byTag.has(one) || hostnames.has(one.balancer.DNSName ?? ''));
  const client = await view.account.loadBalancing();
  const seen = await Promise.all(
    mine.map(async ({ balancer, tags }) => ({
      cluster: view.cluster,
      ...serviceOf(tags, hostnames.get(balancer.DNSName ?? '')),
      state: balancer.State?.Code,
      stateReason: balancer.State?.Reason,
      addresses: balancer.DNSName ? [balancer.DNSName] : [],
      listeners: await listenersOf(client, balancer, view.pods),
    })),
  );
  const pending = view.services.filter(
    (service) => !seen.some((one) => one.namespace === service.namespace && one.service === service.name),
  );
  return [...seen, ...pending.map((service) => unprovisioned(view.cluster, service))];
}

function unprovisioned(cluster: string, { namespace, name }: BalancedService): LoadBalancer {
  return { cluster, namespace, service: name, addresses: [], listeners: [] };
}

function serviceOf(
  tags: Readonly<Record<string, string>>,
  known: BalancedService | undefined,
): { namespace: string; service: string } {
  if (known) return { namespace: known.namespace, service: known.name };
  const named = serviceTags.map((key) => tags[key]).find((value) => value?.includes('/')) ?? '/';
  const [namespace = '', service = ''] = named.split('/');
  return { namespace, service };
}

async function listenersOf(
  client: ElasticLoadBalancingV2Client,
  balancer: ElbLoadBalancer,
  pods: PodsByAddress,
): Promise<LoadBalancer['listeners']> {
  const { paginateDescribeListeners } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const listeners: Listener[] = [];
  try {
    const LoadBalancerArn = balancer.LoadBalancerArn;
    for await (const page of paginateDescribeListeners({ client }, { LoadBalancerArn }))
      listeners.push(...(page.Listeners ?? []));
    return await Promise.all(
      listeners.map(async (listener) => ({
        port: listener.Port ?? 0,
        targets: (await targetsOf(client, listener)).map((health) => targetOf(health, pods)),
      })),
    );
  } catch (error) {
    throw awsError(error, `reading the targets of load balancer ${balancer.LoadBalancerName}`);
  }
}

/** Every target of every group that a listener forwards to, in every zone. */
async function targetsOf(
  client: ElasticLoadBalancingV2Client,
  { DefaultActions = [] }: Listener,
): Promise<TargetHealthDescription[]> {
  const { DescribeTargetHealthCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const groups = DefaultActions.flatMap(({ TargetGroupArn, ForwardConfig }) => [
    TargetGroupArn,
    ...(ForwardConfig?.TargetGroups ?? []).map((group) => group.TargetGroupArn),
  ]).filter((arn) => arn !== undefined);
  const answers = await Promise.all(
    [...new Set(groups)].map((TargetGroupArn) =>
      client.send(new DescribeTargetHealthCommand({ TargetGroupArn })),
    ),
  );
  return answers.flatMap(({ TargetHealthDescriptions = [] }) => TargetHealthDescriptions);
}

function targetOf(
  { Target, TargetHealth }: TargetHealthDescription,
  pods: PodsByAddress,
): LoadBalancerTarget {
  const address = Target?.Id ?? '';
  const owner = pods.get(address);
  return {
    address,
    port: Target?.Port ?? 0,
    zone: Target?.AvailabilityZone,
    state: stateOf(TargetHealth?.State),
    reason: TargetHealth?.Reason,
    description: TargetHealth?.Description,
    pod: owner?.pod,
    node: owner?.node,
  };
}

/** ELB writes `unhealthy.draining` and the like for finer shades of the same state. */
function stateOf(state: string | undefined): TargetState {
  const [first] = (state ?? 'unavailable').split('.');
  return first as TargetState;
}
