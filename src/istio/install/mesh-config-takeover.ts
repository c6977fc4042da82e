import { isDeepStrictEqual } from 'node:util';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { contextOf, istioNamespaceOf } from '../../topology/index.ts';
import { istiodDebug } from '../observe/istiod.ts';
import type { MeshConfig } from '../observe/mesh-config.ts';
import { nudgePod } from '../observe/nudge-pod.ts';
import { istiodPods } from '../observe/proxy-pods.ts';
import { type ClusterLocal, clusterLocalOf } from '../services/cluster-local.ts';

/**
 * Wait until every istiod of a cluster keeps the endpoints of exactly these hosts local. istiod reads its
 * mesh configuration from a file, which the kubelet brings up to date every minute or two, and at once
 * when the pod changes; hence the annotation. Throws TIMED_OUT.
 */
export async function waitForClusterLocal(
  cluster: MeshCluster,
  hosts: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const what = `istiod of ${cluster.spec.name} to take over meshConfig.serviceSettings`;
  const hint = `look at kubectl --context ${contextOf(cluster.spec)} -n ${istioNamespaceOf(cluster.spec)} get configmap istio -o yaml`;
  let nudged = false;
  try {
    await waitUntil({ what, hint, timeoutMs: 180_000, signal }, async () => {
      const behind = await podsBehind(cluster, hosts, signal);
      if (behind.length === 0) return;
      nudged = true;
      await annotate(cluster, behind, { value: new Date().toISOString(), signal });
      throw new NotReady(`${behind.join(', ')} still acts on what it had before`);
    });
  } finally {
    if (nudged) await tidy(cluster);
  }
}

/** What one running istiod keeps in its cluster, as it acts on it. */
export async function actingClusterLocal(
  cluster: MeshCluster,
  pod: string,
  signal: AbortSignal,
): Promise<ClusterLocal> {
  return clusterLocalOf((await istiodDebug(cluster, pod, { path: '/debug/mesh', signal })) as MeshConfig);
}

async function podsBehind(
  cluster: MeshCluster,
  hosts: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const pods = await istiodPods(cluster, { signal });
  if (pods.length === 0) throw new NotReady('no istiod runs');
  const acting = await Promise.all(pods.map(({ name }) => actingClusterLocal(cluster, name, signal)));
  const behind = (settings: ClusterLocal = []) => !isDeepStrictEqual(toldHosts(settings), [...hosts].sort());
  return pods.flatMap(({ name }, at) => (behind(acting[at]) ? [name] : []));
}

/** What was told and not what Istio has anyway. An exception, which isthmus makes none of, is a host of its own. */
const toldHosts = (settings: ClusterLocal): string[] =>
  settings
    .filter(({ byDefault }) => !byDefault)
    .map(({ host, kept }) => (kept ? host : `not ${host}`))
    .sort();

/** Also after an interruption, so with a signal of its own. */
async function tidy(cluster: MeshCluster): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  const pods = await istiodPods(cluster, { signal });
  await annotate(
    cluster,
    pods.map(({ name }) => name),
    { value: null, signal },
  );
}

async function annotate(
  cluster: MeshCluster,
  pods: readonly string[],
  change: { value: string | null; signal: AbortSignal },
): Promise<void> {
  for (const name of pods)
    await nudgePod(cluster, { namespace: istioNamespaceOf(cluster.spec), name }, change);
}
