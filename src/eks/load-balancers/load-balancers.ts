import type {
  ElasticLoadBalancingV2Client,
  LoadBalancer as ElbLoadBalancer,
  Listener,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { AwsAccount } from '../../aws/index.ts';
import { awsError, retryOnMissing } from '../../aws/index.ts';
import type { LoadBalancer, LoadBalancerTarget, TargetState } from '../../provider/index.ts';
import { loadBalancersByHost, taggedLoadBalancers } from './find.ts';

/** Tags by which a controller names the Service that a load balancer is for, as `namespace/name`. */
const serviceTags = [
  'service.eks.amazonaws.com/stack',
  'service.k8s.aws/stack',
  'kubernetes.io/service-name',
];

/** A Service of type LoadBalancer as Kubernetes tells of it. */
export interface BalancedService {
  readonly namespace: string;
  readonly name: string;
  readonly hostnames: readonly string[];
}

/** Which pod and node have an address. */
export type PodsByAddress = ReadonlyMap<string, { readonly pod: string; readonly node: string | undefined }>;

export interface LoadBalancerView {
  readonly cluster: string;
  readonly eksName: string;
  readonly account: AwsAccount;
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
  const hostnames = new Map(view.services.flatMap((one) => one.hostnames.map((host) => [host, one])));
  const tagged = await taggedLoadBalancers(view.account, view.eksName);
  const known = new Set(tagged.map(({ balancer }) => balancer.DNSName));
  const untagged = [...hostnames.keys()].filter((host) => !known.has(host));
  const mine = [...tagged, ...(await loadBalancersByHost(view.account, untagged))];
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
