import { join } from 'node:path';
import { IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';
import { describeRef, fieldManager, type KubeObject, refOf, refusalStatus } from '../../kubernetes/index.ts';
import { allOf, NotReady, waitUntil } from '../../process/index.ts';
import { readIfThere } from '../host/files.ts';
import type { NodePaths } from '../host/paths.ts';
import { NodeApi } from './api.ts';
import { firstProcess } from './first-process.ts';
import { nodeServices } from './node-processes.ts';
import type { NodeSpec } from './node-spec.ts';
import { logDir, stoppedServices } from './supervision.ts';
import { pathOf, systemObjects } from './system-objects.ts';

const startTimeoutMs = 120_000;

/** A connection of this room's own to the API server; undefined before the node has a kubeconfig. */
export async function nodeApi(paths: NodePaths): Promise<NodeApi | undefined> {
  const text = await readIfThere(paths.adminKubeconfig);
  return text ? new NodeApi(paths.cluster, text) : undefined;
}

/** Resolves when /readyz says ok. Throws NODE_FAILED with the last words of what does not run. */
export async function waitForApi(
  plan: NodeSpec,
  signal: AbortSignal,
  timeoutMs = startTimeoutMs,
): Promise<void> {
  const what = `the API server of ${plan.paths.cluster}`;
  await withApi(plan, (api) =>
    waitUntil({ what, timeoutMs, delayMs: 100, maxDelayMs: 250, signal }, async (probe) => {
      const call = { method: 'GET', path: '/readyz', signal: probe, timeoutMs: 2_000, once: true } as const;
      await answerOf(api.send(call), () => true);
    }),
  ).catch((error: unknown) => failed(plan, error));
}

interface NodeObject {
  readonly status?: {
    readonly conditions?: readonly {
      type: string;
      status: string;
      lastHeartbeatTime: string;
      message?: string;
    }[];
  };
}

/** Resolves when the node has said that it is Ready after `since`: what it said in an earlier life does not count. */
export async function waitForNode(plan: NodeSpec, since: Date, signal: AbortSignal): Promise<void> {
  const what = `node ${plan.paths.cluster} to be Ready`;
  await withApi(plan, (api) =>
    waitUntil({ what, timeoutMs: startTimeoutMs, delayMs: 200, maxDelayMs: 500, signal }, async (probe) => {
      const reason = await whyNodeIsNotReady(api, { name: plan.paths.cluster, since, signal: probe });
      if (reason) throw new NotReady(reason);
    }),
  ).catch((error: unknown) => failed(plan, error));
}

interface NodeQuestion {
  readonly name: string;
  readonly since?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Undefined if the node is Ready; otherwise what it says. */
export async function whyNodeIsNotReady(
  api: NodeApi,
  { name, since = new Date(0), signal }: NodeQuestion,
): Promise<string | undefined> {
  const node = await answerOf(api.get<NodeObject>(`/api/v1/nodes/${name}`, signal));
  const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready');
  if (!ready) return node ? 'it has not said anything yet' : 'it has not registered yet';
  // Heartbeats are told in whole seconds.
  if (Date.parse(ready.lastHeartbeatTime) + 1_000 <= since.getTime())
    return 'it has not reported since its start';
  return ready.status === 'True' ? undefined : (ready.message ?? 'it gives no reason');
}

/** A moment after its start an API server lacks what it makes by itself, such as kube-system. */
const passes = (status: number): boolean => status === 404 || status === 429 || status >= 500;

/** NotReady for an API server that does not answer, or whose refusal passes by itself. */
async function answerOf<T>(sent: Promise<T>, refusalPasses = passes): Promise<T> {
  return sent.catch((error: unknown) => {
    const status = refusalStatus(error);
    if (status !== undefined && refusalPasses(status)) throw new NotReady(messageOf(error));
    if (isIsthmusError(error) && error.code === 'CLUSTER_UNREACHABLE') throw new NotReady(error.message);
    throw error;
  });
}

async function withApi(plan: NodeSpec, work: (api: NodeApi) => Promise<void>): Promise<void> {
  const api = await nodeApi(plan.paths);
  if (!api) throw new IsthmusError('BUG', `${plan.paths.adminKubeconfig} was not written`);
  try {
    await work(api);
  } finally {
    api.close();
  }
}

/**
 * Server-side apply of DNS and the controller's rights. Not by the full client, whose loading and
 * discovery would take longer than all of this; kube-system appears a moment after the API server.
 */
export async function ensureSystemObjects(
  plan: NodeSpec,
  corednsImage: string,
  signal: AbortSignal,
): Promise<void> {
  const what = `system objects of ${plan.paths.cluster}`;
  await withApi(plan, async (api) => {
    const objects = systemObjects(plan, corednsImage);
    await allOf(
      objects.map((object) =>
        waitUntil({ what, timeoutMs: 30_000, delayMs: 100, signal }, (probe) => applyOne(api, object, probe)),
      ),
      { names: objects.map((object) => describeRef(refOf(object))), things: 'objects' },
    );
  });
}

async function applyOne(api: NodeApi, object: KubeObject, signal: AbortSignal): Promise<void> {
  await answerOf(
    api.send({
      method: 'PATCH',
      path: `${pathOf(object)}?fieldManager=${fieldManager}&force=true`,
      body: object,
      contentType: 'application/apply-patch+yaml',
      signal,
    }),
  );
}

/** A wait that ran out, as NODE_FAILED with evidence from the process that is to blame. */
async function failed(plan: NodeSpec, error: unknown): Promise<never> {
  if (!isIsthmusError(error) || error.code !== 'TIMED_OUT') throw error;
  const { paths } = plan;
  if (!(await firstProcess(paths))) throw nodeFailed(`node ${paths.cluster} ended`, error);
  const services = nodeServices(plan);
  const [suspect = 'kube-apiserver'] = await stoppedServices(paths, services);
  const log = (await readIfThere(join(logDir(paths, suspect), 'current')))?.trim().split('\n').at(-1);
  throw nodeFailed(`${error.message}; ${suspect} last said: ${log ?? 'nothing'}`, error);
}

const nodeFailed = (message: string, cause: unknown) =>
  new IsthmusError('NODE_FAILED', message, {
    hint: 'look at the logs with `isthmus bundle`, or start afresh: `isthmus down && isthmus up`',
    cause,
  });
