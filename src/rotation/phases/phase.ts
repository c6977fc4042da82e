import type { MeshCluster } from '../../provider/index.ts';
import { onEach, type RotationContext, step } from '../context.ts';
import { type Expectation, type Gate, passGate } from '../gates/gate.ts';
import type { Nudge } from '../nudge.ts';
import { observeTrust, type TrustObservation } from '../observation.ts';

/** One phase of a rotation: what it writes into a cluster, and what must be so before the next begins. */
export interface Phase {
  /** As reports call it. */
  readonly name: string;
  /** What is written, as a title. */
  readonly act: string;
  readonly gates: readonly Gate[];
  /** What every cluster must come to, beside trusting the roots that its own `cacerts` states. */
  readonly expected: Omit<Expectation, 'roots'>;
  readonly apply: (one: TrustObservation, all: readonly TrustObservation[]) => Promise<void>;
}

/**
 * Bring the lagging clusters through a phase, one of them first so that what fails, fails in one
 * alone; then pass its gates in all clusters, also those where it was applied before.
 */
export async function runPhase(
  context: RotationContext,
  phase: Phase,
  { lagging, nudge }: { lagging: readonly string[]; nudge: Nudge },
): Promise<void> {
  const { clusters } = context;
  const todo = clusters.filter(({ spec }) => lagging.includes(spec.name));
  const canary = todo.length === clusters.length && todo.length > 1 ? todo.slice(0, 1) : [];
  for (const part of [canary, todo.slice(canary.length)]) {
    if (part.length === 0) continue;
    const all = await observeTrust(clusters, context.signal);
    await step(context, { phase: phase.name, title: phase.act, clusters: part }, () =>
      write(phase, part, all),
    );
    if (part === canary) await passGates(context, phase, { clusters: part, nudge });
  }
  await passGates(context, phase, { clusters, nudge });
}

async function write(
  phase: Phase,
  clusters: readonly MeshCluster[],
  all: readonly TrustObservation[],
): Promise<void> {
  await onEach(clusters, async ({ spec }) => {
    const one = all.find(({ cluster }) => cluster === spec.name);
    if (one) await phase.apply(one, all);
  });
}

async function passGates(
  context: RotationContext,
  phase: Phase,
  { clusters, nudge }: { clusters: readonly MeshCluster[]; nudge: Nudge },
): Promise<void> {
  // Clusters that an earlier run brought further state fewer roots, and are held to those.
  const observations = await observeTrust(context.clusters, context.signal);
  const expected = new Map(
    observations.map(({ cluster, roots }) => [cluster, { ...phase.expected, roots: new Set(roots) }]),
  );
  try {
    for (const gate of phase.gates)
      await passGate(context, gate, { phase: phase.name, clusters, expected, nudge });
  } finally {
    await nudge.undo(clusters);
  }
}
