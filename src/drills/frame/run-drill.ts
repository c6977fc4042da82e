import { IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { CheckResult, DrillReport, Hypothesis, Reporter } from '../../report/index.ts';
import { span } from '../../report/index.ts';
import type { Drill, DrillSubject } from '../drill.ts';
import { Answers } from './answers.ts';
import { Findings } from './findings.ts';
import { Journal, whoAmI } from './journal.ts';
import { proveUndone } from './prove-undone.ts';
import { RunningDrill } from './running-drill.ts';
import { blocked } from './target.ts';
import { readRecord } from './undo-record.ts';

export interface RunDrillOptions extends DrillSubject {
  readonly drill: Drill;
  /** Say what would be done and change nothing. */
  readonly plan?: boolean | undefined;
  /** Look whether the mesh is well; asked before and after. */
  readonly check: (options: { waitMs: number; signal: AbortSignal }) => Promise<readonly CheckResult[]>;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** The longest that a drill may be under way before anybody may undo it, beyond what it looks on. */
const graceSeconds = 300;
/** A machine that is busy for a moment is no mesh that is not well. */
const preflightMs = 15_000;
/** What undoing may take when nobody waits for it any more. */
const undoMs = 480_000;

/**
 * Run one drill from its preflight to the proof that it is undone, and report on it. Throws
 * DRILL_BLOCKED, DRILL_UNDER_WAY and CHECKS_FAILED before anything is changed. What ends it later is
 * in the report, save INTERRUPTED and defects, which are thrown when all is undone.
 */
export async function runDrill(options: RunDrillOptions): Promise<DrillReport> {
  const { drill, clusters, settings, reporter, signal } = options;
  requireKind(drill, settings.kind);
  const started = Date.now();
  const findings = new Findings(drill.promises(options));
  const base = { ...baseOf(options), started: new Date(started).toISOString() };
  if (options.plan) return { ...base, ...findings.report(), end: 'planned', seconds: 0, verdict: unbegun };
  await preflight(options);
  const deadlineSeconds = settings.deadlineSeconds ?? settings.durationSeconds * 4 + graceSeconds;
  const journal = await Journal.open({ drill: drill.id, clusters, deadlineSeconds, signal });
  for (const [name, why] of journal.unguarded)
    findings.note(`${name}: nothing in it ends this drill by itself after ${deadlineSeconds} s: ${why}`);
  const broken = await attempt(() => runUpon({ ...options, journal, findings, seconds: deadlineSeconds }));
  const undone = await proveUndone({
    journal,
    findings,
    check: options.check,
    withoutChecks: signal.aborted,
    reporter,
    signal: AbortSignal.timeout(undoMs),
  });
  if (broken && !isAnswer(broken)) throw broken;
  if (broken) findings.doubt(`the drill ended before its time: ${messageOf(broken)}`);
  return {
    ...base,
    ...findings.report(),
    end: broken ? 'broken-off' : 'done',
    seconds: (Date.now() - started) / 1000,
    verdict: { ...findings.verdict(), undone },
  };
}

interface UponOptions extends RunDrillOptions {
  readonly journal: Journal;
  readonly findings: Findings;
  /** The longest that requests run. */
  readonly seconds: number;
}

/** The drill itself, with the requests that run beside it. */
async function runUpon(options: UponOptions): Promise<void> {
  const { drill, clusters, settings, findings } = options;
  const withLoad = drill.underLoad ?? true;
  const asked = drill.asked?.(options);
  const answers = await Answers.start({
    ...options,
    callers: withLoad ? (drill.callers?.(options) ?? clusters) : [],
    asked,
    others: drill.others,
    rate: settings.rate,
  });
  const running = new RunningDrill({ ...options, answers });
  try {
    await drill.run(running);
    await running.finish();
  } catch (error) {
    answers.abandon();
    findings.timelinesOf(answers);
    throw error;
  }
}

function requireKind({ id, kinds = [] }: Drill, kind: string | undefined): void {
  if (kind === undefined || kinds.some((one) => one.id === kind)) return;
  throw blocked(`the drill ${id} has no kind ${kind}`, {
    hint: kinds.length > 0 ? `choose one of ${kinds.map((one) => one.id).join(', ')}` : 'leave --kind out',
  });
}

const unbegun: DrillReport['verdict'] = {
  hypothesis: 'unproven' satisfies Hypothesis['state'],
  measured: { enough: false, problems: ['nothing was done yet'] },
  undone: { complete: true, problems: [] },
};

function baseOf(options: RunDrillOptions) {
  const { drill, topology, target, settings } = options;
  return {
    mesh: topology.name,
    drill: drill.id,
    title: drill.title,
    variant: settings.kind ?? drill.kinds?.[0]?.id,
    service: `${target.namespace}/${target.name}`,
    plan: drill.plan(options),
    disruption: drill.disruption(options),
    limits: drill.limits,
    who: whoAmI(),
  };
}

/** DRILL_UNDER_WAY if a drill is at work in a cluster, or was never undone. */
export async function requireNoDrill(clusters: readonly MeshCluster[], signal: AbortSignal): Promise<void> {
  for (const cluster of clusters) {
    const other = await readRecord(cluster, { signal });
    if (other) throw underWay(cluster.spec.name, other);
  }
}

async function preflight({ clusters, check, reporter, signal }: RunDrillOptions): Promise<void> {
  await span(reporter, { title: 'preflight: every check passes, no other drill is at work' }, async () => {
    await requireNoDrill(clusters, signal);
    const failed = (await check({ waitMs: preflightMs, signal })).filter(isBad);
    if (failed.length === 0) return;
    throw new IsthmusError(
      'CHECKS_FAILED',
      `the mesh is not well: ${failed.map(({ id }) => id).join(', ')}`,
      {
        hint: 'isthmus doctor tells why; a drill begins only where everything works, so that what it breaks is its own',
        problems: failed.flatMap(({ outcome }) => ('problems' in outcome ? outcome.problems : [])),
      },
    );
  });
}

export const isBad = ({ outcome }: CheckResult): boolean =>
  outcome.status === 'fail' || outcome.status === 'blocked';

function underWay(cluster: string, record: { drill: string; who: string; since: string; expired: boolean }) {
  const { drill, who, since, expired } = record;
  const state = expired ? 'was never ended' : 'is under way';
  return new IsthmusError(
    'DRILL_UNDER_WAY',
    `the drill ${drill} of ${who} ${state} in ${cluster}, since ${since}`,
    {
      hint: expired ? 'isthmus drill --undo takes it back' : 'let it end, or end it: isthmus drill --undo',
    },
  );
}

async function attempt(work: () => Promise<void>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** What broke a drill off is an answer, unless the user did, or isthmus itself. */
const isAnswer = (error: unknown): boolean =>
  isIsthmusError(error) && error.code !== 'INTERRUPTED' && error.code !== 'BUG';
