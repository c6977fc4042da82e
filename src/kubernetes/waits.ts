import { IsthmusError, isIsthmusError, messageOf } from '../errors/index.ts';
import { NotReady, waitUntil } from '../process/index.ts';
import type { Reporter, SpanHandle } from '../report/index.ts';
import { describeRef } from './object-ref.ts';
import type { Deployment, Node, Service } from './objects.ts';
import { explainPods, lastWarning, selectorOf } from './pods.ts';
import type { KubeClient } from './types.ts';

export interface WaitForOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** A span's handle shows what is waited for. */
  readonly reporter?: Reporter | undefined;
}

export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

const pace = { delayMs: 100, maxDelayMs: 300 };

/**
 * Until each deployment runs nothing but its newest pods and all of them are available. TIMED_OUT
 * says which pods are not ready and why.
 */
export async function waitForDeployments(
  client: KubeClient,
  deployments: readonly NamespacedName[],
  options: WaitForOptions,
): Promise<void> {
  await Promise.all(deployments.map((name) => waitForDeployment(client, name, options)));
}

async function waitForDeployment(
  client: KubeClient,
  { namespace, name }: NamespacedName,
  options: WaitForOptions,
): Promise<void> {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name };
  const what = `${describeRef(ref)} of ${client.cluster}`;
  let selector = '';
  const wait = { what, ...pace, timeoutMs: options.timeoutMs, signal: options.signal };
  const probe = async () => {
    const live = await client.get<Deployment>(ref, { signal: options.signal });
    selector = selectorOf(live?.spec?.selector.matchLabels);
    const reason = live ? unfinished(live) : 'it does not exist';
    if (reason) throw told(options.reporter, `${name}: ${reason}`, new NotReady(reason));
  };
  await explained(waitUntil(wait, probe), () =>
    explainPods(client, { namespace, labelSelector: selector, timeoutMs: 5_000 }),
  );
}

/** What a rollout still lacks, as `kubectl rollout status` judges it. */
function unfinished({ metadata, spec, status = {} }: Deployment): string | undefined {
  const wanted = spec?.replicas ?? 1;
  if ((status.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return 'its change is not yet seen';
  if ((status.updatedReplicas ?? 0) < wanted)
    return `${status.updatedReplicas ?? 0} of ${wanted} pods are new`;
  if ((status.replicas ?? 0) > (status.updatedReplicas ?? 0)) return 'old pods are still ending';
  if ((status.availableReplicas ?? 0) < wanted)
    return `${status.availableReplicas ?? 0} of ${wanted} pods are ready`;
  return undefined;
}

/** Until there is a node and every node is Ready; returns them. */
export async function waitForNodes(client: KubeClient, options: WaitForOptions): Promise<Node[]> {
  const wait = { what: `the nodes of ${client.cluster} to be Ready`, ...pace, ...options };
  return waitUntil(wait, async () => {
    const nodes = await client.list<Node>('v1', 'Node', { signal: options.signal });
    const unready = nodes.flatMap((node) => nodeProblem(node) ?? []);
    const reason = nodes.length === 0 ? 'no node has registered' : unready.join('; ');
    if (reason) throw told(options.reporter, reason, new NotReady(reason));
    return nodes;
  });
}

function nodeProblem({ metadata, status }: Node): string | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return undefined;
  return `${metadata?.name}: ${ready?.message ?? 'has not reported yet'}`;
}

/** Until a Service of type LoadBalancer has addresses: IPs or host names, in the order of its status. */
export async function waitForLoadBalancerAddress(
  client: KubeClient,
  { namespace, name }: NamespacedName,
  options: WaitForOptions,
): Promise<string[]> {
  const ref = { apiVersion: 'v1', kind: 'Service', namespace, name };
  const what = `an address of ${describeRef(ref)} of ${client.cluster}`;
  const found = waitUntil(
    { what, ...pace, timeoutMs: options.timeoutMs, signal: options.signal },
    async () => {
      const service = await client.get<Service>(ref, { signal: options.signal });
      const reason = service ? 'the load balancer has none yet' : 'the service does not exist';
      const addresses = loadBalancerAddresses(service);
      if (addresses.length === 0) throw told(options.reporter, `${name}: ${reason}`, new NotReady(reason));
      return addresses;
    },
  );
  return explained(found, async () => {
    const event = await lastWarning(client, { namespace, name }, { timeoutMs: 5_000 });
    return event ? [`last event: ${event}`] : [];
  });
}

/** Addresses in the status of a Service, empty while there are none. */
export function loadBalancerAddresses(service: Service | undefined): string[] {
  const ingress = service?.status?.loadBalancer?.ingress ?? [];
  return ingress.flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
}

/** A time-out with the reasons that are worth looking up only then. */
async function explained<T>(waiting: Promise<T>, explain: () => Promise<string[]>): Promise<T> {
  try {
    return await waiting;
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'TIMED_OUT') throw error;
    const reasons = await explain().catch((why: unknown) => [`could not look closer: ${messageOf(why)}`]);
    const message = [error.message, ...reasons].join('; ');
    throw new IsthmusError('TIMED_OUT', message, { hint: error.hint, cause: error });
  }
}

function told<E>(reporter: Reporter | undefined, message: string, error: E): E {
  if (reporter && 'progress' in reporter) (reporter as SpanHandle).progress({ message });
  return error;
}
