import { judgeSplit } from '../../checks/index.ts';
import { type CallerRecords, isLost, percentile } from '../../load/index.ts';
import type { Hypothesis } from '../../report/index.ts';
import type { DrillContext } from '../drill.ts';
import type { Home } from '../frame/target.ts';
import { sentBetween } from '../weights/counts.ts';
import { arrivalsOf } from './arrivals.ts';
import { endOf, highest, type Ramp } from './ramp.ts';

/** Marks that this drill puts among the requests. */
export const marks = {
  baseline: 'baseline',
  add: 'add',
  added: 'added',
  split: 'split',
  afterSplit: 'after split',
  end: 'end',
} as const;

/** Seconds from Ready within which everybody is to use a new pod. */
export const withinSeconds = 15;

export interface Scaled {
  readonly home: Home;
  /** Names of the pods that were added. */
  readonly added: readonly string[];
  /** By caller, then by cluster. */
  readonly shares: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly ramps: readonly Ramp[];
}

/** Say what became of every promise. */
export function conclude(context: DrillContext, scaled: Scaled): void {
  const { home, added, shares, ramps } = scaled;
  const name = home.cluster.spec.name;
  const { callers } = context.answers;
  concludeArrivals(context, 'own', { callers: callers.filter(({ from }) => from === name), added });
  concludeArrivals(context, 'across', { callers: callers.filter(({ from }) => from !== name), added });
  concludeSplit(context, shares);
  concludeLost(context);
  concludeRamps(context, ramps);
}

const held = (good: boolean): Hypothesis['state'] => (good ? 'held' : 'refuted');

interface Arrived {
  readonly callers: readonly CallerRecords[];
  readonly added: readonly string[];
}

function concludeArrivals(context: DrillContext, id: string, { callers, added }: Arrived): void {
  const all = callers.flatMap((caller) => arrivalsOf(caller, added));
  const heard = all.filter((one) => one !== undefined).sort((a, b) => a - b);
  for (const caller of callers) {
    const times = arrivalsOf(caller, added).filter((one) => one !== undefined);
    const title = `${caller.from}: from Ready to the first answer, ${times.length} of ${added.length} pods`;
    context.figure({ title, value: spread(times.sort((a, b) => a - b)) });
  }
  const good = heard.length === all.length && (heard.at(-1) ?? 0) <= withinSeconds;
  context.conclude(id, {
    measured: `${heard.length} of ${all.length} pods, ${spread(heard)}`,
    state: all.length === 0 ? 'unproven' : held(good),
  });
}

const spread = (times: readonly number[]): string => {
  const at = (share: number) =>
    (
      percentile(
        times.map((one) => one * 1000),
        share,
      ) / 1000
    ).toFixed(2);
  return times.length === 0 ? 'none answered' : `p50 ${at(0.5)} s, p99 ${at(0.99)} s`;
};

function concludeSplit(context: DrillContext, expected: Scaled['shares']): void {
  const texts: string[] = [];
  const states = context.answers.callers.map((caller): Hypothesis['state'] => {
    const answers: Record<string, number> = {};
    for (const record of sentBetween([caller], [marks.split, marks.afterSplit])) {
      const by = context.answers.clusterOf(record);
      if (by !== undefined) answers[by] = (answers[by] ?? 0) + 1;
    }
    const shares = expected[caller.from] ?? {};
    const verdict = judgeSplit({ answers, unknownPods: 0, shares });
    texts.push(`${caller.from}: ${sharesText(answers, shares)}`);
    if (verdict.inconclusive) return 'unproven';
    return held(verdict.findings.length === 0);
  });
  const state = states.find((one) => one === 'refuted') ?? states.find((one) => one === 'unproven');
  context.conclude('split', {
    measured: texts.join('; '),
    state: state ?? (states.length > 0 ? 'held' : 'unproven'),
  });
}

function sharesText(
  answers: Readonly<Record<string, number>>,
  shares: Readonly<Record<string, number>>,
): string {
  const total = Object.values(answers).reduce((sum, one) => sum + one, 0);
  const names = [...new Set([...Object.keys(shares), ...Object.keys(answers)])].sort();
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return names
    .map(
      (name) =>
        `${name} ${percent((answers[name] ?? 0) / Math.max(1, total))} of ${percent(shares[name] ?? 0)}`,
    )
    .join(', ');
}

/** From each adding until the pods have answered; what their removal costs is told apart. */
function concludeLost(context: DrillContext): void {
  const { callers } = context.answers;
  const rounds = callers[0]?.marks.filter(({ mark }) => mark.startsWith(`${marks.added} `)).length ?? 0;
  const added = Array.from({ length: rounds }, (_, at) =>
    sentBetween(callers, [`${marks.add} ${at + 1}`, `${marks.added} ${at + 1}`]),
  ).flat();
  const lost = added.filter(isLost).length;
  const all = sentBetween(callers, [marks.baseline, marks.end]);
  context.conclude('lost', {
    measured: `${lost} of ${added.length} lost`,
    state: added.length === 0 ? 'unproven' : held(lost === 0),
  });
  const value = `${all.filter(isLost).length - lost} of ${all.length - added.length}`;
  context.figure({ title: 'lost otherwise, removal of pods included', value });
}

function concludeRamps(context: DrillContext, ramps: readonly Ramp[]): void {
  const wanted = context.settings.rate;
  for (const ramp of ramps) {
    const { from, to } = ramp.way;
    const rate = highest(ramp);
    const value = `${rate === undefined ? 'none' : `at least ${rate} a second`}; ${endOf(ramp)}`;
    context.figure({ title: `${from.spec.name} → ${to}: highest rate within bounds`, value });
  }
  const carried = ramps.filter((ramp) => highest(ramp) !== undefined);
  const exceeded = ramps.some(({ steps }) => steps[0]?.result === 'exceeded');
  if (!exceeded && carried.length < ramps.length)
    context.doubt(
      `this machine cannot send ${wanted} requests a second on ${ramps.length - carried.length} ways`,
    );
  context.conclude('rate', {
    measured: `${carried.length} of ${ramps.length} ways`,
    state:
      ramps.length === 0
        ? 'unproven'
        : exceeded
          ? 'refuted'
          : carried.length === ramps.length
            ? 'held'
            : 'unproven',
  });
}
