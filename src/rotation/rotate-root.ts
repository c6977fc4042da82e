import { IsthmusError } from '../errors/index.ts';
import type { Credential } from '../pki/index.ts';
import { note, type RootName, type RotationReport } from '../report/index.ts';
import { type AuthorityContext, type RotationTarget, step } from './context.ts';
import { Nudge } from './nudge.ts';
import { observeTrust, type TrustObservation } from './observation.ts';
import { oldLeaf } from './old-leaf.ts';
import { dropOld } from './phases/drop-old.ts';
import { type Phase, runPhase } from './phases/phase.ts';
import { signNew } from './phases/sign-new.ts';
import { trustBoth } from './phases/trust-both.ts';
import { type MeshPosition, type NextPhase, positionOf } from './position.ts';
import { outsiders, preflight } from './preflight.ts';
import { proveRefusal } from './refusal.ts';
import { countingSigned } from './signed-certificates.ts';
import { type RotateOptions, withLoad } from './with-load.ts';

export interface RotateAuthoritiesOptions extends RotateOptions {
  readonly target: RotationTarget;
}

export interface RotateRootOptions extends RotateAuthoritiesOptions {
  /** Go back to the root before: `target` is that one then. */
  readonly abort?: boolean | undefined;
  /** Makes a certificate of the old root where no cluster signs with it any more; undefined if nobody can. */
  readonly oldLeaf?: (() => Promise<Credential | undefined>) | undefined;
  /** Called before anything is changed, unless this run goes on with an earlier one's work. */
  readonly before?: (() => Promise<void>) | undefined;
}

const phases: Readonly<Record<Exclude<NextPhase, 'finished'>, (context: AuthorityContext) => Phase>> = {
  'trust-both': trustBoth,
  'sign-new': signNew,
  'drop-old': dropOld,
};

/**
 * Bring a mesh from the roots it trusts to another one, from wherever an earlier run left it. Every
 * phase ends with gates that must be open in all clusters. Throws ROTATION_BLOCKED before anything is
 * changed if it could not be brought to its end; what stands against a gate is the report's `error`.
 */
export async function rotateRoot(options: RotateRootOptions): Promise<RotationReport> {
  const { clusters, target, signal, abort } = options;
  const started = Date.now();
  const observations = await observeTrust(clusters, signal);
  const position = positionOf(observations, target.root.fingerprintSha256);
  if (abort) refuseLateAbort(observations, target);
  const base = {
    ...baseReport(options, observations, position),
    notes: await outsiders(clusters, signal),
  };
  if (options.plan) return base;
  await preflight({ what: 'root', observations, target: target.root, signal });
  if (position.next === 'trust-both' && !position.beyondReturn) await options.before?.();
  sayWhereItStands(options, position);
  const old =
    (await oldLeaf(observations, { topology: options.topology, target: target.root.fingerprintSha256 })) ??
    (await options.oldLeaf?.());
  const { value: done, note: signed } = await countingSigned(clusters, signal, () =>
    withLoad(options, (context) => passAll({ ...context, target }, old)),
  );
  const notes = [...base.notes, signed, ...done.notes];
  const seconds = (Date.now() - started) / 1000;
  return { ...base, ...done, notes, seconds, end: done.error ? 'stopped' : abort ? 'aborted' : 'done' };
}

async function passAll(
  context: AuthorityContext,
  old: Credential | undefined,
): Promise<RotationReport['proofs']> {
  const { clusters, target, signal } = context;
  const nudge = new Nudge(signal);
  // The phase before is run as well: its gates may be open still where an earlier run was killed.
  let next = previous(await whereItStands(context));
  while (next !== 'finished') {
    const { next: due, lagging } = await whereItStands(context);
    const phase = phases[next](context);
    await runPhase(context, phase, { lagging: due === next ? lagging : [], nudge });
    next = after(next);
  }
  await step(
    context,
    { phase: 'prove', title: 'every cluster trusts the new root alone', clusters },
    async () => {
      const { next: left } = positionOf(await observeTrust(clusters, signal), target.root.fingerprintSha256);
      if (left !== 'finished')
        throw new IsthmusError(
          'ROTATION_BLOCKED',
          `somebody changed cacerts meanwhile: ${left} is due again`,
          {
            hint: 'see who else writes Secret cacerts, then run the same command again',
          },
        );
    },
  );
  return proveRefusal(context, old);
}

async function whereItStands({ clusters, target, signal }: AuthorityContext): Promise<MeshPosition> {
  return positionOf(await observeTrust(clusters, signal), target.root.fingerprintSha256);
}

const order = ['trust-both', 'sign-new', 'drop-old', 'finished'] as const satisfies readonly NextPhase[];

const after = (phase: NextPhase): NextPhase => order[order.indexOf(phase) + 1] ?? 'finished';

/** The phase whose gates are to be passed first: one before what is due, as that is applied but perhaps not through. */
function previous({ next, clusters }: MeshPosition): NextPhase {
  const touched = [...clusters.values()].some((position) => position !== 'old');
  if (next === 'trust-both' || !touched) return 'trust-both';
  return order[order.indexOf(next) - 1] ?? 'trust-both';
}

/** Once a cluster has dropped the old root, its proxies would refuse whoever signs with it again. */
function refuseLateAbort(observations: readonly TrustObservation[], { root }: RotationTarget): void {
  const late = observations.filter(({ roots }) => !roots.includes(root.fingerprintSha256));
  if (late.length === 0) return;
  const names = late.map(({ cluster }) => cluster).join(', ');
  throw new IsthmusError('ROTATION_BLOCKED', `there is no way back: ${names} trusts the old root no more`, {
    hint: 'go on with isthmus rotate root; to have another root again, rotate once more afterwards',
  });
}

const nameOf = ({ subject, fingerprintSha256 }: RotationTarget['root']): RootName => ({
  subject,
  fingerprint: fingerprintSha256,
});

export function baseReport(
  { topology, target, plan }: RotateAuthoritiesOptions,
  observations: readonly TrustObservation[],
  position: MeshPosition,
): RotationReport {
  const others = new Map(
    observations
      .flatMap(({ certificates }) => certificates)
      .filter(({ fingerprintSha256 }) => fingerprintSha256 !== target.root.fingerprintSha256)
      .map((one) => [one.fingerprintSha256, nameOf(one)]),
  );
  return {
    mesh: topology.name,
    what: 'root',
    end: plan ? 'planned' : 'done',
    from: [...others.values()],
    to: nameOf(target.root),
    position: Object.fromEntries(position.clusters),
    steps: [],
    seconds: 0,
    proofs: [],
    notes: [],
  };
}

function sayWhereItStands({ reporter, abort }: RotateRootOptions, position: MeshPosition): void {
  const where = [...position.clusters].map(([cluster, state]) => `${cluster} ${state}`).join(', ');
  note(reporter, {
    level: 'info',
    code: 'ROTATION_POSITION',
    message: `read from the certificates: ${where}`,
  });
  const way = abort
    ? 'going back: the old root signs again, then the new one is dropped'
    : position.beyondReturn
      ? 'the point of no return is behind: a cluster has dropped the old root already'
      : 'until the phase "drop old" begins, isthmus rotate root --abort goes back; from then on there is no way back';
  note(reporter, { level: 'info', code: 'ROTATION_WAY_BACK', message: way });
}
