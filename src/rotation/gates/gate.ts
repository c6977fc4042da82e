import pLimit from 'p-limit';
import { isIsthmusError, messageOf } from '../../errors/index.ts';
import type { CertificateInfo } from '../../pki/index.ts';
import { allOf, NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type RotationContext, step } from '../context.ts';
import type { Nudge } from '../nudge.ts';

/** What must be so in a cluster before a rotation goes on. */
export interface Expectation {
  /** SHA-256 of the roots that are to be trusted: these and no others. */
  readonly roots: ReadonlySet<string>;
  /** The root that every live certificate must descend from; undefined where that does not matter yet. */
  readonly signer?: CertificateInfo | undefined;
  /** Serials of signing certificates that no live certificate may be issued by any more. */
  readonly retired?: ReadonlySet<string> | undefined;
}

/** One thing that a rotation waits for. */
export interface Gate {
  /** The true state, as a title. */
  readonly title: string;
  /** Does it wait for a kubelet to bring a mounted file up to date? */
  readonly nudges: boolean;
  /** What is not so yet in one cluster, one sentence each; empty when the gate is open there. */
  readonly pending: (look: GateLook) => Promise<readonly string[]>;
  /** What moves a cluster in which the gate stays shut, done again after each such time. */
  readonly stir?: { readonly afterMs: number; readonly act: (look: GateLook) => Promise<void> } | undefined;
}

export interface GateLook {
  readonly cluster: MeshCluster;
  readonly expected: Expectation;
  readonly context: RotationContext;
  readonly signal: AbortSignal;
}

export interface GateRun {
  readonly phase: string;
  readonly clusters: readonly MeshCluster[];
  /** By cluster. */
  readonly expected: ReadonlyMap<string, Expectation>;
  readonly nudge: Nudge;
}

/** How many pods of one cluster are looked into at a time; each look is an exec. */
const atOnce = 8;

/** Wait until a gate is open in all these clusters. TIMED_OUT names what still stands against it. */
export async function passGate(context: RotationContext, gate: Gate, run: GateRun): Promise<void> {
  const { phase, clusters, expected, nudge } = run;
  const of = ({ spec }: MeshCluster): Expectation => expected.get(spec.name) ?? { roots: new Set() };
  await step(context, { phase, title: gate.title, clusters }, async () => {
    const { signal, gateTimeoutMs: timeoutMs } = context;
    const hint =
      'nothing is lost: look at what is named, then run the same command again to go on, or with --abort to go back';
    const stirring = stirrer(gate);
    await waitUntil({ what: gate.title, timeoutMs, signal, hint, maxDelayMs: 1000 }, async (inner) => {
      if (gate.nudges || stirring.began()) await nudge.again(clusters);
      context.load?.alive();
      const looks = clusters.map((cluster) => ({ cluster, expected: of(cluster), context, signal: inner }));
      const found = await Promise.all(looks.map((look) => pendingIn(gate, look)));
      const all = found.flat();
      if (all.length === 0) return;
      await stirring.again(looks.filter((_, at) => (found[at] ?? []).length > 0));
      throw new NotReady(summary(all));
    });
  });
}

/** Stirs clusters in which a gate has been shut for its time since it was first looked at or last stirred. */
function stirrer({ stir }: Gate) {
  let last = Date.now();
  let began = false;
  return {
    /** What was written has to reach the pods' files. */
    began: () => began,
    async again(shut: readonly GateLook[]): Promise<void> {
      if (!stir || Date.now() - last < stir.afterMs) return;
      last = Date.now();
      began = true;
      await allOf(shut.map((look) => stir.act(look)));
    },
  };
}

/** A look that fails tells nothing, so the gate stays shut and says why. */
async function pendingIn(gate: Gate, look: GateLook): Promise<readonly string[]> {
  try {
    return (await gate.pending(look)).map((one) => `${look.cluster.spec.name}: ${one}`);
  } catch (error) {
    if (!isIsthmusError(error) || look.context.signal.aborted) throw error;
    if (error.code === 'ROTATION_BLOCKED') throw error;
    return [`${look.cluster.spec.name}: ${messageOf(error)}`];
  }
}

const summary = (pending: readonly string[]): string =>
  pending.length > 3
    ? `${pending.slice(0, 3).join('; ')} and ${pending.length - 3} more`
    : pending.join('; ');

/** Look at many pods, a few at a time; what each has against it. */
export async function eachPod<P>(
  pods: readonly P[],
  look: (pod: P) => Promise<string | undefined>,
): Promise<string[]> {
  const limit = pLimit(atOnce);
  const found = await Promise.all(pods.map((pod) => limit(() => look(pod))));
  return found.filter((one) => one !== undefined);
}
