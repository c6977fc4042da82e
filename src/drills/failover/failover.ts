import type { Hypothesis } from '../../report/index.ts';
import type { Drill, DrillContext, DrillSubject } from '../drill.ts';
import type { Step } from '../frame/change.ts';
import { blocked, type Home } from '../frame/target.ts';
import { failoverPolicy, missingPolicy } from '../traffic-policy.ts';
import { type FailureKind, failureKinds, kindNames } from './kinds.ts';
import { answersAgain, settled } from './settled.ts';
import { type FailoverTimes, failoverTimes, lostBetween, marks } from './times.ts';

/** Seconds of requests before anything is done, and at the end. */
const baselineSeconds = 5;
const tailSeconds = 3;
/** Pods must be scheduled, start, and be heard of; a gateway's load balancer takes longer. */
const returnSeconds = 60;

/** A cluster fails its callers in one of several ways: how soon does another one answer, and what is lost? */
export const failover: Drill = {
  id: 'failover',
  title: 'when a cluster fails, another one answers',
  kinds: failureKinds.map(({ id, title }) => ({ id, title })),
  disruption: (subject) => {
    const { kind, home } = caseOf(subject);
    return `in ${home.cluster.spec.name}: ${kind.title}`;
  },
  plan: (subject) => {
    const { kind, home } = caseOf(subject);
    const { target, settings } = subject;
    const name = home.cluster.spec.name;
    const { rate, durationSeconds } = settings;
    return [
      `in every cluster, unless ${target.host} has some: a DestinationRule with outlier detection and a VirtualService with retries`,
      `${rate} requests a second from every cluster, ${baselineSeconds} s of them before anything is done`,
      `in ${name}, ${kind.act({ target, home })}`,
      `look on for ${durationSeconds} s`,
      'take it back, and see the answers come back',
    ];
  },
  promises: (subject) => {
    const { kind, home } = caseOf(subject);
    const name = home.cluster.spec.name;
    const hit = hitBy(kind, name);
    return [
      {
        id: 'elsewhere',
        title: `other clusters answer ${hit}`,
        expected: 'every request of the second half',
      },
      { id: 'time', title: 'no more errors after a short time', expected: `within ${kind.withinSeconds} s` },
      { id: 'lost', title: 'no request is lost', expected: '0 lost, as retries save them' },
      { id: 'others', title: 'nobody else notices', expected: '0 lost' },
      {
        id: 'return',
        title: `${name} answers again when it is back`,
        expected: `within ${returnSeconds} s, 0 lost`,
      },
    ];
  },
  run,
};

const hitBy = ({ hits }: FailureKind, name: string): string =>
  hits === 'own' ? `the callers of ${name}` : `the callers outside ${name}`;

interface Case {
  readonly kind: FailureKind;
  readonly home: Home;
}

/** DRILL_BLOCKED if there is no such kind, or nowhere to fail over to. */
function caseOf({ target, settings }: DrillSubject): Case {
  const kind = failureKinds.find(({ id }) => id === (settings.kind ?? failureKinds[0]?.id));
  if (!kind)
    throw blocked(`there is no failure of the kind ${settings.kind}`, { hint: `choose one of ${kindNames}` });
  const { homes, namespace, name } = target;
  const home = settings.cluster
    ? homes.find(({ cluster }) => cluster.spec.name === settings.cluster)
    : (homes.at(kind.hits === 'own' ? 0 : -1) as Home);
  if (!home)
    throw blocked(`${settings.cluster} has no ready pod of ${namespace}/${name}`, {
      hint: `choose one of ${homes.map(({ cluster }) => cluster.spec.name).join(', ')}`,
    });
  if (homes.length < 2)
    throw blocked(
      `only ${home.cluster.spec.name} has ready pods of ${namespace}/${name}, so nobody else can answer`,
      {
        hint: 'run the service in two clusters at least',
      },
    );
  return { kind, home };
}

async function run(context: DrillContext): Promise<void> {
  const { kind, home } = caseOf(context);
  await prepare(context, kind);
  // What is there need not prefer the callers' own cluster.
  const ownFirst = kind.hits === 'own' && !context.settings.asIs;
  await settled(context, { ownFirst });
  await context.step({ phase: 'baseline', title: `${baselineSeconds} s of requests` }, async () => {
    await context.mark(marks.baseline);
    await context.watch(baselineSeconds);
  });
  const steps = await act(context, { kind, home });
  await context.step({ phase: 'observe', title: `${context.settings.durationSeconds} s of requests` }, () =>
    context.watch(context.settings.durationSeconds),
  );
  await takeBack(context, { kind, home, steps });
  await context.finish();
  conclude(context, { kind, home });
}

/** What a service has already is what is put to the test. */
async function prepare(context: DrillContext, kind: FailureKind): Promise<void> {
  const { clusters, target, journal, signal } = context;
  for (const cluster of context.settings.asIs ? [] : clusters) {
    const wanted = failoverPolicy(target, { cluster: cluster.spec.name, preferOwn: kind.hits === 'own' });
    const { changes, inPlace } = await missingPolicy(cluster, target, { wanted, signal });
    for (const name of inPlace) context.note(`${cluster.spec.name}: ${name} is put to the test as it is`);
    if (changes.length === 0) continue;
    const what = {
      phase: 'prepare',
      title: 'outlier detection and retries',
      cluster: cluster.spec.name,
    } as const;
    await context.step(what, async () => {
      for (const change of changes) await journal.act(cluster, change);
    });
  }
}

async function act(context: DrillContext, { kind, home }: Case): Promise<Step[]> {
  const { target, journal, signal } = context;
  const cluster = home.cluster;
  const changes = await kind.changes({ target, home, signal });
  const title = kind.act({ target, home });
  return context.step({ phase: 'act', title, cluster: cluster.spec.name }, async () => {
    await context.mark(marks.act);
    const steps: Step[] = [];
    for (const change of changes) steps.push(await journal.act(cluster, change));
    return steps;
  });
}

async function takeBack(
  context: DrillContext,
  { kind, home, steps }: Case & { steps: Step[] },
): Promise<void> {
  const cluster = home.cluster.spec.name;
  await context.step({ phase: 'undo', title: 'take it back', cluster }, async () => {
    await context.mark(marks.undo);
    await context.undo(steps);
    await answersAgain(context, { victim: cluster, hits: kind.hits, seconds: returnSeconds });
    await context.watch(tailSeconds);
    await context.mark(marks.end);
  });
}

function conclude(context: DrillContext, { kind, home }: Case): void {
  doubtBaseline(context);
  const victim = home.cluster.spec.name;
  const clusterOf = context.answers.clusterOf.bind(context.answers);
  const all = context.answers.callers.map((caller) => ({
    from: caller.from,
    times: failoverTimes(caller, { victim, clusterOf }),
  }));
  const isHit = ({ from }: { from: string }) => (from === victim) === (kind.hits === 'own');
  for (const one of all.filter(isHit)) figures(context, one);
  const hit = all.filter(isHit).map(({ times }) => times);
  const others = all.filter((one) => !isHit(one)).map(({ times }) => times);
  judge(context, { kind, hit, others });
}

/** Whatever is lost before the act is no fruit of it. */
function doubtBaseline(context: DrillContext): void {
  for (const caller of context.answers.callers) {
    const lost = lostBetween(caller, [marks.baseline, marks.act]);
    if (lost > 0) context.doubt(`${caller.from}: ${lost} requests were lost before anything was done`);
  }
}

function figures(context: DrillContext, { from, times }: { from: string; times: FailoverTimes }): void {
  const rows: readonly [string, string][] = [
    ['first answer from elsewhere after', secondsText(times.firstFromElsewhere)],
    ['no more errors after', secondsText(times.noMoreErrors)],
    ['answered again by the cluster after', secondsText(times.return)],
    ['requests sent', String(times.sent)],
    ['requests lost', String(times.lost + times.lostOnReturn)],
  ];
  for (const [title, value] of rows) context.figure({ title: `${from}: ${title}`, value });
}

interface Judged {
  readonly kind: FailureKind;
  readonly hit: readonly FailoverTimes[];
  readonly others: readonly FailoverTimes[];
}

function judge(context: DrillContext, { kind, hit, others }: Judged): void {
  const sum = (all: readonly FailoverTimes[], of: (times: FailoverTimes) => number) =>
    all.reduce((total, one) => total + of(one), 0);
  const worst = (of: (times: FailoverTimes) => number | undefined) =>
    hit.some((one) => of(one) === undefined) ? undefined : Math.max(...hit.map((one) => of(one) ?? 0));
  const there = sum(hit, (one) => one.stillFromThere);
  const elsewhere = sum(hit, (one) => one.fromElsewhere);
  context.conclude('elsewhere', {
    measured: `${elsewhere} answers from elsewhere, ${there} of the cluster that failed`,
    state: held(elsewhere > 0 && there === 0),
  });
  const time = worst((one) => one.noMoreErrors) ?? Number.POSITIVE_INFINITY;
  context.conclude('time', { measured: secondsText(time), state: held(time <= kind.withinSeconds) });
  const lost = sum(hit, (one) => one.lost);
  const sent = sum(hit, (one) => one.sent);
  context.conclude('lost', { measured: `${lost} of ${sent} lost`, state: held(lost === 0) });
  const lostElsewhere = sum(others, (one) => one.lost + one.lostOnReturn);
  context.conclude('others', {
    measured: `${lostElsewhere} of ${sum(others, ({ sent: n }) => n)} lost`,
    state: held(lostElsewhere === 0),
  });
  const back = worst((one) => one.return);
  const lostOnReturn = sum(hit, (one) => one.lostOnReturn);
  context.conclude('return', {
    measured: `${secondsText(back)}, ${lostOnReturn} lost`,
    state: held(back !== undefined && back <= returnSeconds && lostOnReturn === 0),
  });
}

const held = (good: boolean): Hypothesis['state'] => (good ? 'held' : 'refuted');

const secondsText = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? 'never' : `${value.toFixed(2)} s`;
