import { isLost, longConnections } from '../../load/index.ts';
import type { Drill, DrillContext, DrillSubject } from '../drill.ts';
import type { Step } from '../frame/change.ts';
import { blocked, type Home } from '../frame/target.ts';
import { sentBetween } from './counts.ts';
import { LongConnections } from './long-connections.ts';
import { longPromises } from './long-verdict.ts';
import { subsetsByCluster, type Weights } from './routes.ts';
import { Shift } from './shift.ts';

/** Percent of the requests that stay where the service was, one step after the other. */
const stays = [90, 50, 0] as const;
const fewest = 30;

/** A service goes from one cluster to another and back, while everybody goes on asking it. */
export const migrate: Drill = {
  id: 'migrate',
  title: 'a service moves to another cluster and back, and no request is lost',
  kinds: [
    { id: 'http', title: 'requests over kept, fresh and long HTTP/2 connections' },
    { id: 'long', title: 'long gRPC and raw TCP connections to the same pods as well' },
  ],
  limits: ['data: nothing of what a service stores goes with it'],
  disruption: (subject) => {
    const { from, to } = waysOf(subject);
    return `${nameOf(to)} alone answers for ${subject.target.namespace}/${subject.target.name} for a while; pods in ${nameOf(from)} get a label`;
  },
  plan: (subject) => {
    const { from, to } = waysOf(subject);
    return [
      'in every cluster: a DestinationRule with a subset for each cluster, known to every proxy and gateway before a route names them',
      `a VirtualService that sends everything to ${nameOf(from)}, then ${stays.map((share) => 100 - share).join(', ')} % to ${nameOf(to)}`,
      `label the pods in ${nameOf(from)} with istio.io/draining, so that no proxy anywhere has them any more`,
      `take the label off, and everything back to ${nameOf(from)}`,
      'beside it requests over kept, fresh and HTTP/2 connections from every cluster',
      ...(isLong(subject)
        ? [
            'over long connections, gRPC and raw TCP to the same pods, by a program in their proxies’ containers',
          ]
        : []),
    ];
  },
  asked: ({ target: { url } }) => [
    { name: 'kept', connection: 'kept', url },
    { name: 'fresh', connection: 'fresh', url },
    { name: 'h2', connection: 'h2', url },
  ],
  promises: (subject) => {
    const { from, to } = waysOf(subject);
    return [
      { id: 'lost', title: 'no request is lost on the way', expected: '0 lost' },
      {
        id: 'long',
        title: 'no long connection is cut',
        expected: '0 lost over kept and HTTP/2 connections, and none of these cut',
      },
      {
        id: 'moved',
        title: `once moved, ${nameOf(to)} answers alone`,
        expected: `no answer of ${nameOf(from)}`,
      },
      {
        id: 'back',
        title: `once back, ${nameOf(from)} answers alone`,
        expected: `no answer of ${nameOf(to)}`,
      },
      ...(isLong(subject) ? longPromises : []),
    ];
  },
  run,
};

const isLong = ({ settings }: DrillSubject): boolean => settings.kind === 'long';

const nameOf = ({ cluster }: Home): string => cluster.spec.name;

const stepSeconds = ({ settings }: DrillSubject): number =>
  Math.max(2, Math.round(settings.durationSeconds / 4));

/** DRILL_BLOCKED if there is no other cluster with pods of the service. */
function waysOf({ target, settings }: DrillSubject): Ways {
  const { homes } = target;
  const from = homes.find((home) => nameOf(home) === (settings.cluster ?? nameOf(home)));
  const to = homes.find((home) => home !== from);
  if (from && to) return { from, to };
  throw blocked(
    `${target.namespace}/${target.name} has ready pods in ${homes.map(nameOf).join(', ')} only, so it cannot move`,
    { hint: 'start it in the cluster where it is to go first; choose where it is with --cluster' },
  );
}

async function run(context: DrillContext): Promise<void> {
  const { from, to } = waysOf(context);
  const long = isLong(context) ? await LongConnections.open(context) : undefined;
  try {
    await thereAndBack(context, { from, to });
    await long?.finish(nameOf(from));
  } catch (error) {
    long?.abandon();
    throw error;
  }
  await context.finish();
  conclude(context, { from, to });
}

interface Ways {
  readonly from: Home;
  readonly to: Home;
}

async function thereAndBack(context: DrillContext, { from, to }: Ways): Promise<void> {
  const shift = new Shift(context, subsetsByCluster(context.target));
  const weights = (stay: number): Weights => ({ [nameOf(from)]: stay, [nameOf(to)]: 100 - stay });
  await shift.prepare();
  const go = (phase: 'baseline' | 'act' | 'undo', stay: number, mark: string) =>
    context.step(
      { phase, title: `${stay} % to ${nameOf(from)}, ${100 - stay} % to ${nameOf(to)}` },
      async () => {
        await shift.to(weights(stay));
        await context.mark(mark);
        await context.watch(stepSeconds(context));
      },
    );
  await go('baseline', 100, 'begin');
  for (const stay of stays) await go('act', stay, `${100 - stay} %`);
  await context.mark('drain');
  const labels = await drain(context, from);
  await context.step({ phase: 'observe', title: `${nameOf(from)} is drained` }, () =>
    context.watch(stepSeconds(context)),
  );
  await context.mark('drained');
  const again = { phase: 'undo', title: 'pods take requests again', cluster: nameOf(from) } as const;
  await context.step(again, async () => {
    await context.undo(labels);
    await context.watch(2);
  });
  await go('undo', 50, 'half back');
  await go('undo', 100, 'back');
  await context.mark('end');
}

/** Istio leaves a pod with this label out in every cluster, while the requests that it has go on. */
async function drain(context: DrillContext, { cluster, pods }: Home): Promise<Step[]> {
  const { journal, target } = context;
  const what = { phase: 'act', title: 'drain the pods', cluster: cluster.spec.name } as const;
  return context.step(what, async () => {
    const steps: Step[] = [];
    for (const name of pods) {
      const ref = { apiVersion: 'v1', kind: 'Pod', namespace: target.namespace, name };
      const set = { metadata: { labels: { 'istio.io/draining': 'true' } } };
      steps.push(await journal.act(cluster, { kind: 'patch', ref, set }));
    }
    return steps;
  });
}

function conclude(context: DrillContext, { from, to }: Ways): void {
  const between = (first: string, last: string) => sentBetween(context.answers.callers, [first, last]);
  const all = between('begin', 'end');
  const lost = all.filter(isLost);
  const long = all.filter(({ connection }) => connection !== 'fresh');
  const longLost = long.filter(isLost).length;
  const enough = all.length >= fewest;
  const state = (good: boolean) => (!enough ? 'unproven' : good ? 'held' : 'refuted');
  context.conclude('lost', {
    measured: `${lost.length} of ${all.length} lost`,
    state: state(lost.length === 0),
  });
  const cut = longConnections(all).reduce((sum, { breaks }) => sum + breaks, 0);
  context.conclude('long', {
    measured: `${longLost} of ${long.length} lost, ${cut} HTTP/2 connections cut`,
    state: state(longLost + cut === 0),
  });
  const alone = (id: string, home: Home, stretch: [string, string]) => {
    const records = between(...stretch);
    const strays = records.filter(
      (one) => !isLost(one) && context.answers.clusterOf(one) !== nameOf(home),
    ).length;
    const good = records.length >= fewest && strays === 0;
    context.conclude(id, { measured: `${strays} of ${records.length} elsewhere`, state: state(good) });
  };
  alone('moved', to, ['100 %', 'drained']);
  alone('back', from, ['back', 'end']);
}
