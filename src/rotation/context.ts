import type { Load } from '../load/index.ts';
import type { Authority, CertificateInfo } from '../pki/index.ts';
import { allOf } from '../process/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import { type Reporter, type RotationStep, span } from '../report/index.ts';
import type { Topology } from '../topology/index.ts';

/** The root that a rotation goes to, and what signs below it. */
export interface RotationTarget {
  /** The self-signed certificate that proxies will anchor their trust in. */
  readonly root: CertificateInfo;
  /** A new intermediate for one cluster. */
  readonly intermediateFor: (cluster: string) => Promise<Authority>;
}

/** What every phase and gate of a rotation gets. */
export interface RotationContext {
  readonly topology: Topology;
  readonly clusters: readonly MeshCluster[];
  /** The requests that run beside it, if any. */
  readonly load: Load | undefined;
  /** How long one gate may take. Milliseconds. */
  readonly gateTimeoutMs: number;
  readonly steps: RotationStep[];
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** What phases of a rotation of certificate authorities get beside that. */
export interface AuthorityContext extends RotationContext {
  readonly target: RotationTarget;
}

/** Do one act or gate: told as a span, timed, and marked among the requests that run beside it. */
export async function step<T>(
  context: RotationContext,
  what: { phase: string; title: string; clusters: readonly MeshCluster[] },
  work: (reporter: Reporter) => Promise<T>,
): Promise<T> {
  const names = what.clusters.map(({ spec }) => spec.name);
  const cluster = names.length === 1 ? names[0] : undefined;
  await context.load?.mark(`${what.phase}: ${what.title}`);
  const started = Date.now();
  return span(context.reporter, { title: `${what.phase}: ${what.title}`, cluster }, async (handle) => {
    const value = await work(handle);
    const seconds = (Date.now() - started) / 1000;
    context.steps.push({ phase: what.phase, title: what.title, clusters: names, seconds });
    return value;
  });
}

/** Work on several clusters at once, waiting for all. */
export function onEach<T>(
  clusters: readonly MeshCluster[],
  work: (cluster: MeshCluster) => Promise<T>,
): Promise<T[]> {
  const names = clusters.map(({ spec }) => spec.name);
  return allOf(clusters.map(work), { names, things: 'clusters' });
}
