import { join } from 'node:path';
import { IsthmusError, isIsthmusError, messageOf } from '../errors/index.ts';
import { connectionFromKubeconfig, createClient, refusalStatus } from '../kubernetes/index.ts';
import { NotReady, waitUntil } from '../process/index.ts';
import { LocalApi } from './api.ts';
import { readIfThere } from './files.ts';
import { firstProcess } from './first-process.ts';
import type { NodePlan } from './node-plan.ts';
import { nodeServices } from './services.ts';
import type { NodeSite } from './site.ts';
import { logDir, stoppedServices } from './supervision.ts';
import { systemObjects } from './system-objects.ts';

const startTimeoutMs = 120_000;

/** A connection of this room's own to the API server; undefined before the node has a kubeconfig. */
export async function localApi(site: NodeSite): Promise<LocalApi | undefined> {
  const text = await readIfThere(site.adminKubeconfig);
  return text ? new LocalApi(text) : undefined;
}

/** Resolves when /readyz says ok. Throws NODE_FAILED with the last words of what does not run. */
export async function waitForApi(plan: NodePlan, signal: AbortSignal): Promise<void> {
  const what = `the API server of ${plan.site.cluster}`;
  await withApi(plan, (api) =>
    waitUntil({ what, timeoutMs: startTimeoutMs, delayMs: 100, maxDelayMs: 250, signal }, async (probe) => {
      const { status, body } = await answerOf(api.send({ path: '/readyz', signal: probe, timeoutMs: 2_000 }));
      if (status !== 200)
        throw new NotReady(
          `/readyz: ${status} ${body.split('\n').find((line) => line.includes('[-]')) ?? ''}`,
        );
    }),
  ).catch((error: unknown) => failed(plan, error));
}

interface NodeObject {
  readonly status?: { readonly conditions?: readonly { type: string; status: string; message?: string }[] };
}

/** Resolves when the node is Ready. */
export async function waitForNode(plan: NodePlan, signal: AbortSignal): Promise<void> {
  const what = `node ${plan.site.cluster} to be Ready`;
  await withApi(plan, (api) =>
    waitUntil({ what, timeoutMs: startTimeoutMs, delayMs: 200, maxDelayMs: 500, signal }, async (probe) => {
      const reason = await whyNodeIsNotReady(api, plan.site.cluster, probe);
      if (reason) throw new NotReady(reason);
    }),
  ).catch((error: unknown) => failed(plan, error));
}

/** Undefined if the node is Ready; otherwise what it says. */
export async function whyNodeIsNotReady(api: LocalApi, name: string, signal?: AbortSignal) {
  const node = await answerOf(api.get<NodeObject>(`/api/v1/nodes/${name}`, signal));
  const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return undefined;
  return ready?.message ?? (node ? 'it has not said anything yet' : 'it has not registered yet');
}

async function answerOf<T>(sent: Promise<T>): Promise<T> {
  return sent.catch((error: unknown) => {
    if (isIsthmusError(error) && error.code === 'CLUSTER_UNREACHABLE') throw new NotReady(error.message);
    throw error;
  });
}

async function withApi(plan: NodePlan, work: (api: LocalApi) => Promise<void>): Promise<void> {
  const api = await localApi(plan.site);
  if (!api) throw new IsthmusError('BUG', `${plan.site.adminKubeconfig} was not written`);
  try {
    await work(api);
  } finally {
    api.close();
  }
}

/** Apply DNS and the controller's rights; kube-system itself appears a moment after the API server. */
export async function ensureSystemObjects(
  plan: NodePlan,
  corednsImage: string,
  signal: AbortSignal,
): Promise<void> {
  const { site } = plan;
  const client = createClient(
    await connectionFromKubeconfig({ cluster: site.cluster, path: site.adminKubeconfig }),
  );
  const what = `system objects of ${site.cluster}`;
  for (const object of systemObjects(plan, corednsImage)) {
    await waitUntil({ what, timeoutMs: 30_000, delayMs: 100, signal }, async () => {
      try {
        await client.apply(object, { signal });
      } catch (error) {
        if (refusalStatus(error) === 404) throw new NotReady(messageOf(error));
        throw error;
      }
    });
  }
}

/** A wait that ran out, as NODE_FAILED with evidence from the process that is to blame. */
async function failed(plan: NodePlan, error: unknown): Promise<never> {
  if (!isIsthmusError(error) || error.code !== 'TIMED_OUT') throw error;
  const { site } = plan;
  if (!(await firstProcess(site))) throw nodeFailed(`node ${site.cluster} ended`, error);
  const services = nodeServices(plan);
  const [suspect = 'kube-apiserver'] = await stoppedServices(site, services);
  const log = (await readIfThere(join(logDir(site, suspect), 'current')))?.trim().split('\n').at(-1);
  throw nodeFailed(`${error.message}; ${suspect} last said: ${log ?? 'nothing'}`, error);
}

const nodeFailed = (message: string, cause: unknown) =>
  new IsthmusError('NODE_FAILED', message, {
    hint: 'look at the logs with `isthmus bundle`, or start afresh: `isthmus down && isthmus up`',
    cause,
  });
