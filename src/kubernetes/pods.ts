import type { V1ContainerStatus } from '@kubernetes/client-node';
import type { CoreEvent, Pod } from './objects.ts';
import type { CallOptions, KubeClient, ListOptions } from './types.ts';

/** Which pods of one namespace, and how to ask for them. */
export interface PodsOptions extends ListOptions {
  readonly namespace: string;
  readonly labelSelector: string;
}

/** Pods of a namespace that match a label selector, are Ready and are not ending. */
export async function readyPods(client: KubeClient, options: PodsOptions): Promise<Pod[]> {
  const pods = await client.list<Pod>('v1', 'Pod', options);
  return pods.filter(isReady);
}

/** Whether a pod takes traffic. */
export function isReady(pod: Pod): boolean {
  const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  return ready === true && pod.metadata?.deletionTimestamp === undefined;
}

/** `app=x,tier=y` for a map of labels. */
export function selectorOf(labels: Readonly<Record<string, string>> = {}): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** Are all labels of a selector there? An empty selector selects nothing, as a Service's does. */
export function selects(
  selector: Readonly<Record<string, string>> = {},
  labels: Readonly<Record<string, string>> = {},
): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

interface WithContainers<C> {
  readonly spec?: { readonly containers?: readonly C[]; readonly initContainers?: readonly C[] };
}

/** All containers of a pod; a native sidecar is among the init containers. */
export const containersOf = <C>({ spec }: WithContainers<C>): C[] => [
  ...(spec?.containers ?? []),
  ...(spec?.initContainers ?? []),
];

/**
 * Why pods of a namespace are not ready, one line a pod: what its containers wait for or ended
 * with, where it could not be scheduled, and the last thing that went wrong.
 */
export async function explainPods(client: KubeClient, options: PodsOptions): Promise<string[]> {
  const { namespace } = options;
  const pods = await client.list<Pod>('v1', 'Pod', options);
  const unready = pods.filter((pod) => !isReady(pod));
  if (pods.length === 0) return ['there are no pods'];
  return Promise.all(
    unready.slice(0, 5).map(async (pod) => {
      const event = await lastWarning(client, { namespace, name: pod.metadata?.name ?? '' }, options);
      const facts = [...reasonsOf(pod), ...(event ? [`last event: ${event}`] : [])];
      return `pod ${pod.metadata?.name}: ${facts.join('; ') || (pod.status?.phase ?? 'not ready')}`;
    }),
  );
}

function reasonsOf(pod: Pod): string[] {
  const status = pod.status;
  if (pod.metadata?.deletionTimestamp) return ['it is ending'];
  const unscheduled = status?.conditions?.find(
    ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
  );
  if (unscheduled) return [`not scheduled: ${unscheduled.message ?? unscheduled.reason}`];
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return containers.flatMap(reasonOf);
}

function reasonOf({ name, ready, state, lastState, restartCount }: V1ContainerStatus): string[] {
  if (state?.waiting && state.waiting.reason !== 'PodInitializing') {
    const { reason = 'waiting', message } = state.waiting;
    const before = lastState?.terminated;
    const ended = before ? `, last ended with ${before.exitCode} (${before.reason})` : '';
    return [`${name}: ${reason}${message ? `: ${message}` : ''}${ended}`];
  }
  if (state?.terminated && state.terminated.exitCode !== 0)
    return [`${name}: ended with ${state.terminated.exitCode} (${state.terminated.reason})`];
  if (state?.running && !ready)
    return [`${name}: runs but is not ready${restartCount > 0 ? ` after ${restartCount} restarts` : ''}`];
  return [];
}

/** The newest warning about an object, as `Reason: message`. */
export async function lastWarning(
  client: KubeClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  options: CallOptions = {},
): Promise<string | undefined> {
  const fieldSelector = `involvedObject.name=${name},type=Warning`;
  const events = await client.list<CoreEvent>('v1', 'Event', {
    namespace,
    fieldSelector,
    signal: options.signal,
  });
  const when = ({ lastTimestamp, eventTime }: CoreEvent) => String(lastTimestamp ?? eventTime ?? '');
  const newest = events.sort((a, b) => when(a).localeCompare(when(b))).at(-1);
  return newest && `${newest.reason}: ${newest.message?.slice(0, 300)}`;
}
