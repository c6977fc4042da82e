import { expectedEndpoints } from '../../istio/index.ts';
import { type Pod, readyPods } from '../../kubernetes/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { Drill, DrillContext, DrillSubject } from '../drill.ts';
import type { Step } from '../frame/change.ts';
import { blocked, type Home } from '../frame/target.ts';
import { keyedRoutes, subsetRule, subsetsByCluster } from '../weights/routes.ts';
import { Shift } from '../weights/shift.ts';
import { arrivalsOf, markArrivals } from './arrivals.ts';
import { bounds, highestTried, type Ramp, rampOf, type Way } from './ramp.ts';
import { conclude, marks, withinSeconds } from './verdict.ts';

/** Pods added at once. */
const pods = 2;

/** How often pods are added: enough for a percentile, or once for a quick look. */
const roundsOf = ({ settings }: DrillSubject): number =>
  Math.max(1, Math.round(settings.durationSeconds / 4));

/** Ways whose highest rate is looked for, at most: each takes half a minute. */
const mostWays = 6;

/** A connection between proxies for each request, so that each is dealt out anew, behind gateways as well. */
const freshConnections = { maxRequestsPerConnection: 1 };

/** Pods are added in one cluster: how soon does everybody use them, what share do they get, how much is carried? */
export const scale: Drill = {
  id: 'scale',
  title: 'pods that are added get their share, in every cluster and soon',
  limits: [
    'clusters that lie apart: on one machine no packet takes long, and the one that asks shares its processors with those that answer',
    'rates above what one pod in each cluster can send',
    'a 99th percentile of few pods is the slowest of them',
  ],
  disruption: (subject) => {
    const { home } = caseOf(subject);
    const { namespace, name } = subject.target;
    return `${namespace}/${name} has ${pods} pods more in ${home.cluster.spec.name} for a while, ${roundsOf(subject)} times, and is asked as often as it can answer`;
  },
  plan: (subject) => {
    const { home } = caseOf(subject);
    const { settings, target } = subject;
    return [
      'in every cluster: a DestinationRule with a subset for each cluster, and a VirtualService that lets a header choose one',
      `${settings.rate} requests a second from every cluster to ${target.host}, each over a connection of its own between the proxies`,
      `in ${home.cluster.spec.name}, ${roundsOf(subject)} times: add ${pods} pods, wait for the first answer of each to every cluster, and remove them`,
      'compare the shares with those that the endpoints should bring',
      `then, within each cluster and across: ${settings.rate} requests a second${highestOf(subject)}, until more than ${bounds.lostShare * 100} % are lost or 1 of 100 takes more than ${bounds.p99Ms} ms`,
    ];
  },
  // Envoy keeps its own connections to pods, so those of the client are of no matter.
  asked: ({ target: { url } }) => [{ name: 'kept', connection: 'kept', url }],
  promises: (subject) => {
    const { home } = caseOf(subject);
    const name = home.cluster.spec.name;
    return [
      {
        id: 'own',
        title: `callers of ${name} use a new pod`,
        expected: `within ${withinSeconds} s of Ready`,
      },
      {
        id: 'across',
        title: 'callers of other clusters use it',
        expected: `within ${withinSeconds} s of Ready`,
      },
      {
        id: 'split',
        title: 'each cluster gets its share',
        expected: 'as its endpoints weigh, at 99.9 % confidence',
      },
      { id: 'lost', title: 'no request is lost while pods are added', expected: '0 lost' },
      {
        id: 'rate',
        title: `each way carries ${subject.settings.rate} requests a second`,
        expected: `at most ${bounds.lostShare * 100} % lost, p99 within ${bounds.p99Ms} ms`,
      },
    ];
  },
  run,
};

/** Up to which rate it goes; a quick look stays with the first one. */
function highestOf(subject: DrillSubject): string {
  const most = highestTried(subject.settings.rate, roundsOf(subject) - 1);
  return most > subject.settings.rate ? ` and twice as many each time, up to ${most}` : '';
}

/** DRILL_BLOCKED where nothing can be scaled, or nobody elsewhere could ask. */
function caseOf({ target, settings, clusters }: DrillSubject): { home: Home } {
  const { homes, namespace, name } = target;
  const home = homes.find(({ cluster }) => cluster.spec.name === (settings.cluster ?? cluster.spec.name));
  if (!home || home.workloads.length === 0)
    throw blocked(
      `${settings.cluster ?? 'no cluster'} has nothing that makes pods of ${namespace}/${name} and could be scaled`,
      { hint: 'run the service as a Deployment there, or choose another cluster or service' },
    );
  if (clusters.length < 2)
    throw blocked('the mesh has one cluster only, so that nobody could ask from another', {
      hint: 'give the mesh a second cluster',
    });
  return { home };
}

async function run(context: DrillContext): Promise<void> {
  const { home } = caseOf(context);
  const { target, clusters, journal } = context;
  const subsets = subsetsByCluster(target);
  await new Shift(context, subsets, freshConnections).prepare();
  const routes = keyedRoutes(target, subsets);
  for (const cluster of clusters) await journal.act(cluster, { kind: 'create', object: routes });
  await context.step({ phase: 'baseline', title: 'requests before anything is added' }, async () => {
    await context.mark(marks.baseline);
    await context.watch(3);
  });
  const added: string[] = [];
  let shares: Record<string, Readonly<Record<string, number>>> = {};
  const rounds = roundsOf(context);
  for (let round = 1; round <= rounds; round += 1) {
    const step = await add(context, { home, round, added });
    if (round === rounds) shares = await measureSplit(context);
    await remove(context, { home, step });
  }
  await context.mark(marks.end);
  await context.finish();
  const ramps = await rampAll(context);
  conclude(context, { home, added, shares, ramps });
}

interface Round {
  readonly home: Home;
  readonly round: number;
  /** Names of all pods that were added so far. */
  readonly added: string[];
}

async function add(context: DrillContext, { home, round, added }: Round): Promise<Step> {
  const { journal } = context;
  const [workload] = home.workloads;
  const name = home.cluster.spec.name;
  return context.step(
    { phase: 'act', title: `add ${pods} pods (${round} of ${roundsOf(context)})`, cluster: name },
    async () => {
      if (!workload) throw blocked(`nothing in ${name} could be scaled`, { hint: 'choose another cluster' });
      const known = new Set([...(await podNames(context, home)), ...added]);
      const live = await home.cluster.kube.get<Replicated>(workload, { signal: context.signal });
      const replicas = (live?.spec?.replicas ?? 0) + pods;
      await context.mark(`${marks.add} ${round}`);
      const step = await journal.act(home.cluster, {
        kind: 'patch',
        ref: workload,
        set: { spec: { replicas } },
      });
      const fresh = await markArrivals(context, { home, known, count: pods });
      added.push(...fresh);
      await untilHeard(context, fresh);
      await context.mark(`${marks.added} ${round}`);
      return step;
    },
  );
}

type Replicated = Pod & { spec?: { replicas?: number } };

async function podNames({ target, signal }: DrillContext, { cluster }: Home): Promise<string[]> {
  const { namespace, selector: labelSelector } = target;
  const found = await readyPods(cluster.kube, { namespace, labelSelector, signal });
  return found.map(({ metadata }) => metadata?.name ?? '');
}

/** Until every caller was answered by each of the pods. That one is not is for the verdict to say. */
async function untilHeard(context: DrillContext, fresh: readonly string[]): Promise<void> {
  const { answers, signal } = context;
  const until = Date.now() + withinSeconds * 1000;
  const wait = { what: 'answers of new pods', timeoutMs: 90_000, signal, delayMs: 100, maxDelayMs: 250 };
  await waitUntil(wait, async () => {
    answers.alive();
    const silent = answers.callers.some((caller) => arrivalsOf(caller, fresh).includes(undefined));
    if (silent && Date.now() < until) throw new NotReady('some have not answered yet');
  });
  await context.watch(1);
}

async function remove(context: DrillContext, { home, step }: { home: Home; step: Step }): Promise<void> {
  const what = { phase: 'undo', title: 'remove them', cluster: home.cluster.spec.name } as const;
  await context.step(what, async () => {
    await context.undo([step]);
    await context.watch(3);
  });
}

/** By caller, the share that each cluster should have of its answers, measured while nothing changes. */
async function measureSplit(context: DrillContext) {
  const { clusters, target: service, signal, settings } = context;
  return context.step({ phase: 'observe', title: 'shares' }, async () => {
    await context.mark(marks.split);
    await context.watch(settings.durationSeconds);
    await context.mark(marks.afterSplit);
    const found = await Promise.all(
      clusters.map(async ({ spec }) => {
        const { shares } = await expectedEndpoints({ clusters, from: spec.name, service, signal });
        return [spec.name, shares] as const;
      }),
    );
    return Object.fromEntries(found);
  });
}

/** Over kept connections, as callers usually have them. */
async function rampAll(context: DrillContext): Promise<Ramp[]> {
  const { clusters, target, journal } = context;
  const object = subsetRule(target, subsetsByCluster(target), { maxRequestsPerConnection: null });
  for (const cluster of clusters) await journal.revise(cluster, object);
  const ways = waysOf(context);
  if (ways.length > mostWays)
    context.note(`of ${ways.length} ways between clusters ${mostWays} were looked at for their highest rate`);
  const ramps: Ramp[] = [];
  for (const way of ways.slice(0, mostWays)) {
    const title = `highest rate from ${way.from.spec.name} to ${way.to}`;
    await context.step({ phase: 'observe', title }, async () => {
      ramps.push(await rampOf(context, way, roundsOf(context) - 1));
    });
  }
  return ramps;
}

/** First within each cluster, then across. */
function waysOf({ clusters, target }: DrillContext): Way[] {
  const homes = target.homes.map(({ cluster }) => cluster.spec.name);
  const all = clusters.flatMap((from) => homes.map((to) => ({ from, to })));
  return all.sort((a, b) => Number(a.from.spec.name !== a.to) - Number(b.from.spec.name !== b.to));
}
