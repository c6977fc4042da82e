import { callerPod } from '../../istio/index.ts';
import { type DetachedProbe, isLost, type RequestRecord, startDetachedProbe } from '../../load/index.ts';
import type { DrillContext, DrillPromise } from '../drill.ts';
import { blocked, type Home } from '../frame/target.ts';
import { sentBetween } from '../weights/counts.ts';
import { marks } from './times.ts';
import { doubtBaseline, held } from './verdict.ts';

/** Seconds that stopping and starting may take beyond what is looked on. */
const slackSeconds = 30;
/** Requests without which nothing is said. */
const fewest = 30;

/** What is to stay as it was while an API server is gone. */
export const unnoticedPromises = (name: string): DrillPromise[] => [
  { id: 'elsewhere', title: `callers outside ${name} notice nothing`, expected: '0 lost' },
  { id: 'inside', title: `callers of ${name} notice nothing`, expected: '0 lost' },
  { id: 'there', title: `pods of ${name} go on answering`, expected: 'answers of theirs until the end' },
];

export interface Unreachable {
  readonly probe: DetachedProbe;
  /** Requests a second, over all that is asked. */
  readonly rate: number;
  readonly started: number;
  readonly seconds: number;
}

/** Requests of the cluster that is about to be out of reach; its pod keeps what it saw. */
export async function startUnreachable(context: DrillContext, { cluster }: Home): Promise<Unreachable> {
  const { settings, target, reporter, signal } = context;
  const pod = await callerPod(cluster, signal);
  if (!pod)
    throw blocked(`${cluster.spec.name}: no sleep pod is ready to send requests`, {
      hint: 'set spec.samples: true and run isthmus up',
    });
  const seconds = settings.durationSeconds + slackSeconds;
  const targets = (['kept', 'fresh', 'h2'] as const).map((connection) => ({
    name: connection,
    connection,
    url: target.url,
  }));
  const rate = Math.max(1, Math.round(settings.rate / targets.length));
  const probe = await startDetachedProbe({ pod, targets, rate, seconds, reporter, signal });
  return { probe, rate: rate * targets.length, started: Date.now(), seconds };
}

export interface UnnoticedOptions {
  readonly home: Home;
  readonly unreachable: Unreachable;
}

/** Say whether anybody noticed. */
export async function concludeUnnoticed(
  context: DrillContext,
  { home, unreachable }: UnnoticedOptions,
): Promise<void> {
  const { answers, signal } = context;
  doubtBaseline(context);
  const name = home.cluster.spec.name;
  const back = Date.now();
  const inside = await unreachable.probe.collect(signal);
  await answers.learn(signal);
  if ((back - unreachable.started) / 1000 > unreachable.seconds)
    context.doubt(
      `${name}: its requests ended after ${unreachable.seconds} s, before its API server was back`,
    );
  const due = unreachable.rate * unreachable.seconds;
  if (inside.length < 0.95 * due)
    context.doubt(
      `${name}: ${unreachable.rate} requests a second were wanted; ${inside.length} of ${due} were made`,
    );
  const outside = sentBetween(answers.callers, [marks.act, marks.end]);
  const during = sentBetween(answers.callers, [marks.act, marks.undo]);
  concludeLost(context, 'elsewhere', outside);
  concludeLost(context, 'inside', inside);
  const there = during
    .slice(Math.floor(during.length / 2))
    .filter((record) => answers.clusterOf(record) === name);
  context.conclude('there', {
    measured: `${there.length} answers of theirs in the second half`,
    state: during.length < fewest ? 'unproven' : held(there.length > 0),
  });
}

function concludeLost(context: DrillContext, id: string, records: readonly RequestRecord[]): void {
  const lost = records.filter(isLost);
  context.conclude(id, {
    measured: `${lost.length} of ${records.length} lost${lost[0] ? `; ${lost[0].error || `status ${lost[0].status}`}` : ''}`,
    state: records.length < fewest ? 'unproven' : held(lost.length === 0),
  });
}
