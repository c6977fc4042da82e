import { IsthmusError } from '../errors/index.ts';
import {
  answererClusters,
  callerPod,
  freshCluster,
  freshPort,
  freshServiceObjects,
  freshUrl,
  httpProbe,
  keptUrl,
  proxyRoutes,
  SAMPLE_NAMESPACE,
} from '../istio/index.ts';
import { refOf } from '../kubernetes/index.ts';
import { type Load, type ProbePod, startLoad } from '../load/index.ts';
import { allOf, NotReady, waitUntil } from '../process/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import { type LoadReport, type Reporter, span } from '../report/index.ts';
import { contextOf } from '../topology/index.ts';
import { countConnections, withConnections } from './connections.ts';
import { onEach } from './context.ts';

export interface LoadBesideOptions {
  readonly clusters: readonly MeshCluster[];
  /** Requests a second for each ordered pair of clusters. */
  readonly rate: number;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** A load with what it needs in the clusters. */
export interface LoadBeside {
  readonly load: Load;
  /** End it, take away what it needed, and say what it saw. */
  finish(): Promise<LoadReport>;
  /** Take away what it needed, where there is nothing to be said of it any more. */
  abandon(): Promise<void>;
}

/** The longest that requests run beside an operation, in seconds. */
const longest = 3600;

/** Begin to send requests over every ordered pair, and resolve when all pairs answer. Takes back what it made if they do not. */
export async function loadBeside(options: LoadBesideOptions): Promise<LoadBeside> {
  const { clusters, rate, reporter, signal } = options;
  return span(reporter, { title: `requests over every ordered pair, ${rate} a second each` }, async () => {
    const callers = await onEach(clusters, (cluster) => callerIn(cluster, signal));
    try {
      return await begin(options, callers);
    } catch (error) {
      await removeFreshService(clusters);
      throw error;
    }
  });
}

async function begin(options: LoadBesideOptions, callers: readonly ProbePod[]): Promise<LoadBeside> {
  const { clusters, rate, reporter, signal } = options;
  await onEach(clusters, (cluster) => applyFreshService(cluster, signal));
  const owners = await answererClusters({
    clusters,
    namespace: SAMPLE_NAMESPACE,
    selector: 'app=helloworld',
    signal,
  });
  const clusterOf = (instance: string) => owners.get(instance);
  await allOf(
    callers.map((caller) => routed(caller, signal)),
    { names: clusters.map(({ spec }) => spec.name), things: 'clusters' },
  );
  await onEach(clusters, (cluster) => answersFromAll(cluster, { clusters, clusterOf, signal }));
  const seconds = longest;
  const load = await startLoad({ callers, keptUrl, freshUrl, rate, seconds, clusterOf, reporter, signal });
  const before = await countConnections({ clusters, callers, signal }).catch((error: unknown) => {
    load.abandon();
    throw error;
  });
  return {
    load,
    finish: async () => {
      const report = await load.stop();
      const after = await countConnections({ clusters, callers, signal });
      await removeFreshService(clusters);
      return withConnections(report, before, after);
    },
    abandon: async () => {
      // An exec that goes on would keep this process alive for as long as the probe runs.
      load.abandon();
      await removeFreshService(clusters);
    },
  };
}

async function callerIn(cluster: MeshCluster, signal: AbortSignal): Promise<ProbePod> {
  const pod = await callerPod(cluster, signal);
  if (pod) return pod;
  throw new IsthmusError('ROTATION_BLOCKED', `${cluster.spec.name}: no sleep pod is ready to send requests`, {
    hint: 'set spec.samples: true and run isthmus up, or rotate with --no-load, which proves nothing about requests',
  });
}

async function applyFreshService({ kube }: MeshCluster, signal: AbortSignal): Promise<void> {
  for (const object of freshServiceObjects()) await kube.apply(object, { signal });
}

/** Also after an interruption, for which a new signal stands. */
async function removeFreshService(clusters: readonly MeshCluster[]): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  await onEach(clusters, async ({ kube }) => {
    for (const object of freshServiceObjects()) await kube.remove(refOf(object), { signal });
  });
}

/**
 * No request before the caller's proxy has a route for it: Envoy would pass it on as it is, and the kernel's
 * record of that connection (conntrack's, which no rule of Istio's redirected) would take a later one from
 * the same port past the proxy for up to two minutes, in plain text.
 */
async function routed({ cluster, namespace, name }: ProbePod, signal: AbortSignal): Promise<void> {
  const what = `the proxy of ${namespace}/${name} in ${cluster.spec.name} to have a route to the new Service`;
  const hint = `look at istioctl --context ${contextOf(cluster.spec)} proxy-status`;
  await waitUntil({ what, hint, timeoutMs: 60_000, signal }, async (inner) => {
    const routes = await proxyRoutes(cluster, { namespace, name }, { port: freshPort, signal: inner });
    if (!routes.includes(freshCluster)) throw new NotReady('it has none yet');
  });
}

interface AnswersOptions {
  readonly clusters: readonly MeshCluster[];
  readonly clusterOf: (instance: string) => string | undefined;
  readonly signal: AbortSignal;
}

/** A Service that was just made is known to the proxies a moment later; until then it is no loss. */
async function answersFromAll(
  cluster: MeshCluster,
  { clusters, clusterOf, signal }: AnswersOptions,
): Promise<void> {
  const what = `${cluster.spec.name} to be answered by every cluster`;
  const hint = 'isthmus check traffic tells why a cluster does not answer';
  await waitUntil({ what, hint, timeoutMs: 60_000, signal }, async (inner) => {
    const result = await httpProbe({ cluster, url: freshUrl, count: 8 * clusters.length, signal: inner });
    const bad = result.failures.length + result.answers.filter(({ status }) => status !== 200).length;
    if (bad > 0) throw new NotReady(`${bad} requests failed`);
    const seen = new Set(result.answers.map(({ instance }) => clusterOf(instance)));
    const silent = clusters.find(({ spec }) => !seen.has(spec.name));
    if (silent) throw new NotReady(`${silent.spec.name} did not answer`);
  });
}
