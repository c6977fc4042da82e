import { isIsthmusError, messageOf } from '../errors/index.ts';
import { istiodPods, signedCertificates } from '../istio/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import { onEach } from './context.ts';

/** Signing requests that a cluster's istiods had answered at one moment; a reason where nobody could read it. */
type Count = number | string;

/**
 * Do work during which proxies ask for certificates, and say how many each cluster's istiods signed and how
 * many a second that was: every proxy asks within moments of a change of the root file.
 */
export async function countingSigned<T>(
  clusters: readonly MeshCluster[],
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly note: string }> {
  const before = await onEach(clusters, (cluster) => countOf(cluster, signal));
  const started = Date.now();
  const value = await work();
  const seconds = (Date.now() - started) / 1000;
  const after = await onEach(clusters, (cluster) => countOf(cluster, signal));
  const parts = clusters.map(
    ({ spec }, at) => `${spec.name} ${difference(before[at] ?? 0, after[at] ?? 0, seconds)}`,
  );
  return { value, note: `certificates signed meanwhile: ${parts.join(', ')}` };
}

/** An istiod that started anew counts from its beginning. */
function difference(before: Count, after: Count, seconds: number): string {
  if (typeof before === 'string' || typeof after === 'string') return 'unknown, as istiod did not say';
  const signed = after >= before ? after - before : after;
  return `${signed} (${(signed / Math.max(1, seconds)).toFixed(1)} a second)`;
}

async function countOf(cluster: MeshCluster, signal: AbortSignal): Promise<Count> {
  try {
    const pods = await istiodPods(cluster, { signal });
    const counts = await Promise.all(pods.map(({ name }) => signedCertificates(cluster, name, { signal })));
    return counts.reduce((sum, one) => sum + one, 0);
  } catch (error) {
    if (!isIsthmusError(error) || signal.aborted) throw error;
    return messageOf(error);
  }
}
