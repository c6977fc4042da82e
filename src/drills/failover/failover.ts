import type { Drill, DrillContext } from '../drill.ts';
import type { Step } from '../frame/change.ts';
import { untilGone } from '../frame/until-gone.ts';
import { failoverPolicy, missingPolicy } from '../traffic-policy.ts';
import { answersAgain, untilAnsweredAsWanted } from './answers.ts';
import { type Case, caseOf, returnSecondsOf } from './case.ts';
import { type FailureKind, failureKinds } from './kinds.ts';
import { marks } from './times.ts';
import { concludeUnnoticed, startUnreachable, unnoticedPromises } from './unnoticed.ts';
import { conclude } from './verdict.ts';

/** Seconds of requests before anything is done, and at the end. */
const baselineSeconds = 5;
const tailSeconds = 3;

/** A cluster fails its callers in one of several ways: how soon does another one answer, and what is lost? */
export const failover: Drill = {
  id: 'failover',
  title: 'when a cluster fails, another one answers',
  kinds: failureKinds.map(({ id, title }) => ({ id, title })),
  limits: ['a network that drops packets instead of refusing connections'],
  disruption: (subject) => {
    const { kind, home } = caseOf(subject);
    return `in ${home.cluster.spec.name}: ${kind.title}`;
  },
  plan: (subject) => {
    const { kind, home } = caseOf(subject);
    const { target, settings } = subject;
    const name = home.cluster.spec.name;
    const { rate, durationSeconds } = settings;
    const policy = `in every cluster, unless ${target.host} has some: a DestinationRule with outlier detection and a VirtualService with retries`;
    return [
      ...(kind.hits === 'nobody' ? [] : [policy]),
      `${rate} requests a second from every cluster, ${baselineSeconds} s of them before anything is done`,
      `in ${name}, ${kind.act({ target, home })}`,
      `look on for ${durationSeconds} s`,
      'take it back, and see the answers come back',
    ];
  },
  asked: ({ target: { url } }) => [
    { name: 'kept', connection: 'kept', url },
    { name: 'fresh', connection: 'fresh', url },
    { name: 'h2', connection: 'h2', url },
  ],
  // Nobody can talk to the pods of a cluster that is stopped.
  callers: (subject) => {
    const { kind, home } = caseOf(subject);
    return subject.clusters.filter(({ spec }) => !kind.outage || spec.name !== home.cluster.spec.name);
  },
  promises: (subject) => {
    const { kind, home } = caseOf(subject);
    const name = home.cluster.spec.name;
    if (kind.hits === 'nobody') return unnoticedPromises(name);
    const hit = hitBy(kind, name);
    return [
      {
        id: 'elsewhere',
        title: `other clusters answer ${hit}`,
        expected: 'every request of the second half',
      },
      { id: 'time', title: 'no more errors after a short time', expected: `within ${kind.withinSeconds} s` },
      { id: 'lost', title: 'no request is lost', expected: '0 lost, as retries save them' },
      ...(kind.outage ? [] : [{ id: 'others', title: 'nobody else notices', expected: '0 lost' }]),
      {
        id: 'return',
        title: `${name} answers again when it is back`,
        expected: `within ${returnSecondsOf(kind)} s, 0 lost`,
      },
    ];
  },
  run,
};

const hitBy = ({ hits }: FailureKind, name: string): string =>
  hits === 'own' ? `the callers of ${name}` : `the callers outside ${name}`;

async function run(context: DrillContext): Promise<void> {
  const { kind, home } = caseOf(context);
  const unnoticed = kind.hits === 'nobody';
  if (!unnoticed && !context.settings.asIs) await prepare(context, kind);
  // What is there need not prefer the callers' own cluster.
  const ownFirst = kind.hits === 'own' && !context.settings.asIs;
  await untilAnsweredAsWanted(context, { ownFirst });
  await context.step({ phase: 'baseline', title: `${baselineSeconds} s of requests` }, async () => {
    await context.mark(marks.baseline);
    await context.watch(baselineSeconds);
  });
  const unreachable = unnoticed ? await startUnreachable(context, home) : undefined;
  const steps = await act(context, { kind, home });
  await context.step({ phase: 'observe', title: `${context.settings.durationSeconds} s of requests` }, () =>
    context.watch(context.settings.durationSeconds),
  );
  await takeBack(context, { kind, home, steps });
  await context.finish();
  if (unreachable) await concludeUnnoticed(context, { home, unreachable });
  else conclude(context, { kind, home });
}

/** What a service has already is what is put to the test. */
async function prepare(context: DrillContext, kind: FailureKind): Promise<void> {
  const { clusters, target, journal, signal } = context;
  for (const cluster of clusters) {
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
    if (kind.goes) await untilGone(context, cluster, kind.goes(target));
    await context.mark(marks.gone);
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
    if (kind.hits !== 'nobody')
      await answersAgain(context, { victim: cluster, hits: kind.hits, seconds: returnSecondsOf(kind) });
    await context.watch(tailSeconds);
    await context.mark(marks.end);
  });
}
