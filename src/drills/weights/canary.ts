import { binomialP, requestsToSee } from '../../checks/index.ts';
import { isLost } from '../../load/index.ts';
import type { Drill, DrillContext, DrillSubject } from '../drill.ts';
import { blocked } from '../frame/target.ts';
import { countRoutes, noRequests, sentBetween, worseP } from './counts.ts';
import {
  keyHeader,
  routeOf,
  type Subset,
  subsetsByCluster,
  subsetsByVersion,
  type Weights,
} from './routes.ts';
import { Shift } from './shift.ts';

/** Percent of the requests that the canary gets, one step after the other. */
const shares = [10, 50, 100] as const;
/** At which chance of being wrong a share is called wrong, or the canary worse. */
const risk = 0.001;
/** Requests without which a step says nothing. */
const fewest = 30;
/** The longest that a step waits for its requests, beyond its own time. Seconds. */
const mostMoreSeconds = 60;

/** A new version gets more and more of the requests, as long as it does no worse than the one before. */
export const canary: Drill = {
  id: 'canary',
  title: 'a new version gets the share that it is given, and loses it when it is worse',
  limits: ['whether a version is right: only whether its requests are answered'],
  disruption: (subject) => {
    const { canary: next } = sidesOf(subject);
    return `${subject.target.namespace}/${subject.target.name} is answered by ${next.name} alone for a while`;
  },
  plan: (subject) => {
    const { base, canary: next } = sidesOf(subject);
    return [
      `in every cluster: a DestinationRule with the subsets ${base.name} and ${next.name}, known to every proxy and gateway before a route names them`,
      `a VirtualService that sends everything to ${base.name}, then ${shares.join(', ')} % to ${next.name}, ${stepSeconds(subject)} s each`,
      `where ${next.name} loses more requests than ${base.name} (at ${100 - risk * 100} % confidence), back to ${base.name} at once`,
      `beside it, requests with the header ${keyHeader}: each key always goes to the same version`,
      `back to ${base.name}; everything removed`,
    ];
  },
  asked: (subject) => {
    const { base, canary: next } = sidesOf(subject);
    const { url } = subject.target;
    return [
      { name: 'kept', connection: 'kept', url },
      { name: 'fresh', connection: 'fresh', url },
      { name: keyed(base), connection: 'kept', url, headers: { [keyHeader]: base.name } },
      { name: keyed(next), connection: 'kept', url, headers: { [keyHeader]: next.name } },
    ];
  },
  promises: (subject) => {
    const { base, canary: next } = sidesOf(subject);
    return [
      ...shares.map((share) => ({
        id: `share-${share}`,
        title: `${next.name} gets its ${share} %`,
        expected: `a share that fits, at ${100 - risk * 100} % confidence`,
      })),
      {
        id: 'worse',
        title: `${next.name} does no worse than ${base.name}`,
        expected: 'no more lost requests',
      },
      { id: 'key', title: 'the same key gets the same version', expected: '0 exceptions' },
      {
        id: 'back',
        title: `everything goes back to ${base.name}`,
        expected: `no answer of ${next.name} once the proxies know`,
      },
    ];
  },
  run,
};

const keyed = ({ name }: Subset): string => `key-${name}`;

const stepSeconds = ({ settings }: DrillSubject): number =>
  Math.max(3, Math.round(settings.durationSeconds / 3));

/** By version where there are several, and by cluster otherwise. DRILL_BLOCKED where there is one of either. */
function sidesOf({ target }: DrillSubject): { base: Subset; canary: Subset } {
  const versions = subsetsByVersion(target);
  const subsets = versions.length > 1 ? versions : subsetsByCluster(target);
  const [base, last] = [subsets[0], subsets.at(-1)];
  if (base && last && base !== last) return { base, canary: last };
  throw blocked(`${target.namespace}/${target.name} has pods of one version and in one cluster only`, {
    hint: 'a canary needs a second Deployment behind the Service with another label version',
  });
}

async function run(context: DrillContext): Promise<void> {
  const { base, canary: next } = sidesOf(context);
  const shift = new Shift(context, [base, next]);
  await shift.prepare();
  const weights = (share: number): Weights => ({ [base.name]: 100 - share, [next.name]: share });
  await context.step({ phase: 'baseline', title: `everything to ${base.name}` }, async () => {
    await shift.to(weights(0));
    await context.mark('baseline');
    await context.watch(stepSeconds(context));
  });
  let worse = false;
  for (const share of shares) {
    worse = await context.step({ phase: 'act', title: `${share} % to ${next.name}` }, async () => {
      await shift.to(weights(share));
      await context.mark(`${share} %`);
      await context.watch(stepSeconds(context));
      await enough(context, share);
      await context.mark(`after ${share} %`);
      return isWorse(context, { base, next, share });
    });
    if (worse) break;
  }
  await goBack(context, { shift, weights: weights(0), base });
  await context.finish();
  conclude(context, { base, next, worse });
}

/** Requests after which a version that gets none of its share would be told from one that does. */
const neededFor = (share: number): number => Math.max(fewest, requestsToSee(share / 100, risk));

/** Few requests a second take longer to say something. */
async function enough(context: DrillContext, share: number): Promise<void> {
  const have = () => unkeyed(context, stretchOf(share)).filter(({ route }) => route !== '').length;
  for (let more = 0; more < mostMoreSeconds && have() < neededFor(share); more += 1) await context.watch(1);
}

interface Back {
  readonly shift: Shift;
  readonly weights: Weights;
  readonly base: Subset;
}

async function goBack(context: DrillContext, { shift, weights, base }: Back): Promise<void> {
  await context.step({ phase: 'undo', title: `back to ${base.name}` }, async () => {
    await context.mark('taking back');
    await shift.to(weights);
    await context.mark('back');
    await context.watch(3);
  });
}

/** The stretch of a step, without the one in which proxies took its weights over. */
const stretchOf = (share: number): [string, string] => [`${share} %`, `after ${share} %`];

/** Requests whose version the weights chose, not their key. */
const unkeyed = (context: DrillContext, between: readonly [string, string]) =>
  sentBetween(context.answers.callers, between).filter(
    ({ target }) => target === 'kept' || target === 'fresh',
  );

interface Step {
  readonly base: Subset;
  readonly next: Subset;
  readonly share: number;
}

function isWorse(context: DrillContext, { base, next, share }: Step): boolean {
  const counts = countRoutes(unkeyed(context, stretchOf(share)));
  const before = countRoutes(unkeyed(context, ['baseline', 'after baseline'])).get(base.name) ?? noRequests;
  const mine = counts.get(next.name) ?? noRequests;
  const now = counts.get(base.name) ?? noRequests;
  const both = { sent: before.sent + now.sent, lost: before.lost + now.lost };
  const p = worseP(mine, both);
  if (p >= risk) return false;
  context.conclude('worse', {
    measured: `${mine.lost} of ${mine.sent} lost, against ${both.lost} of ${both.sent} (p = ${p.toExponential(1)}): taken back`,
    state: 'refuted',
  });
  return true;
}

function conclude(
  context: DrillContext,
  { base, next, worse }: Omit<Step, 'share'> & { worse: boolean },
): void {
  for (const share of shares) concludeShare(context, { base, next, share });
  if (!worse) concludeAlike(context, next);
  concludeKeys(context, [base, next]);
  const late = unkeyed(context, ['back', 'never']);
  const strays = late.filter((record) => routeOf(record).subset === next.name).length;
  context.conclude('back', {
    measured: `${strays} of ${late.length} still to ${next.name}`,
    state: late.length >= fewest && strays === 0 ? 'held' : 'refuted',
  });
}

function concludeShare(context: DrillContext, { next, share }: Step): void {
  const all = unkeyed(context, stretchOf(share));
  // A request that got no answer at all says nothing of where it was sent, and may be one side's alone.
  const records = all.filter(({ route }) => route !== '');
  const n = records.length;
  if (n < neededFor(share) || n < all.length) {
    if (all.length > 0)
      context.conclude(`share-${share}`, {
        measured: `${n} of ${all.length} requests say where they were sent`,
        state: 'unproven',
      });
    return;
  }
  const hits = records.filter((record) => routeOf(record).subset === next.name).length;
  const p = binomialP(hits, n, share / 100);
  context.conclude(`share-${share}`, {
    measured: `${hits} of ${n} (${((100 * hits) / n).toFixed(1)} %), p = ${p.toFixed(3)}`,
    state: p >= risk ? 'held' : 'refuted',
  });
}

function concludeAlike(context: DrillContext, next: Subset): void {
  const records = shares.flatMap((share) => unkeyed(context, stretchOf(share)));
  const counts = countRoutes(records);
  const mine = counts.get(next.name) ?? noRequests;
  const nobodys = counts.get('') ?? noRequests;
  if (nobodys.lost > 0)
    context.doubt(`of ${nobodys.lost} lost requests nobody knows to which version they were sent`);
  if (mine.sent < fewest) return;
  context.conclude('worse', { measured: `${mine.lost} of ${mine.sent} lost`, state: 'held' });
}

function concludeKeys(context: DrillContext, sides: readonly Subset[]): void {
  const records = sentBetween(context.answers.callers, ['baseline', 'never']);
  const answered = records.filter((record) => record.target.startsWith('key-') && !isLost(record));
  const strays = answered.filter(({ target, version, route }) => {
    const side = sides.find((one) => keyed(one) === target);
    const versioned = side?.labels['version'];
    return routeOf({ route }).subset !== side?.name || (versioned !== undefined && version !== versioned);
  });
  if (answered.length < fewest) return;
  context.conclude('key', {
    measured: `${strays.length} exceptions among ${answered.length} answers`,
    state: strays.length === 0 ? 'held' : 'refuted',
  });
}
