import { IsthmusError } from '../../errors/index.ts';
import { chartsOf, installedVersion } from '../../istio/index.ts';
import { type ClusterSpec, istioMinors } from '../../topology/index.ts';
import { reachCluster, unseenOf } from './reach-cluster.ts';
import type { Session } from './session.ts';

/**
 * What must be so before the file's Istio is written into any of the clusters: its charts are here
 * (CHARTS_UNAVAILABLE), and no istiod that answers would skip a minor version (ISTIO_MINOR_SKIPPED).
 */
export async function requireIstio(session: Session, clusters: readonly ClusterSpec[]): Promise<void> {
  await chartsOf(session.topology, session.context);
  const refusal = await skippedMinor(session, clusters);
  if (refusal) throw refusal;
}

/** ISTIO_MINOR_SKIPPED with the clusters whose istiod would skip one; undefined if none would. */
export async function skippedMinor(
  session: Session,
  clusters: readonly ClusterSpec[],
): Promise<IsthmusError | undefined> {
  const wanted = session.topology.istio.version;
  const running = await Promise.all(clusters.map((spec) => runningIn(session, spec)));
  const far = running.flatMap(({ cluster, version }) =>
    version !== undefined && Math.abs(minorOf(wanted) - minorOf(version)) > 1 ? [{ cluster, version }] : [],
  );
  const [first] = far;
  if (!first) return undefined;
  const each = far.map(({ cluster, version }) => `${cluster} runs Istio ${version}`).join(', ');
  const message = `${each}; ${wanted} is more than one minor version away`;
  return new IsthmusError('ISTIO_MINOR_SKIPPED', message, { hint: wayTo(wanted, first.version) });
}

/** Nothing is said of a cluster that does not answer: who works on it says why. */
async function runningIn(session: Session, spec: ClusterSpec) {
  const base = { cluster: spec.name };
  const { cluster } = await reachCluster(session, spec);
  if (!cluster) return { ...base, version: undefined };
  try {
    return { ...base, version: await installedVersion(cluster, session.context) };
  } catch (error) {
    unseenOf(spec.name, error);
    return { ...base, version: undefined };
  }
}

/** NaN for a tag that is no version, which is then at no distance from any. */
const minorOf = (version: string): number => Number(/^v?\d+\.(\d+)/.exec(version)?.[1] ?? Number.NaN);

function wayTo(wanted: string, present: string): string {
  const next = `1.${minorOf(present) + Math.sign(minorOf(wanted) - minorOf(present))}`;
  return istioMinors.some((one) => one === next)
    ? `Istio is upgraded one minor version at a time: set spec.istio.version to a patch of ${next} first`
    : `Istio is upgraded one minor version at a time: bring it to ${next} by the means that it was installed with`;
}
