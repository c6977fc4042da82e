import type { RequestRecord } from '../../load/index.ts';
import type { Hypothesis } from '../../report/index.ts';
import type { DrillContext } from '../drill.ts';
import { sentBetween } from '../weights/counts.ts';
import type { Forgery } from './forgeries.ts';
import { countsBytes, type Passage, passageText } from './passage.ts';
import type { ProxyFindings } from './proxies.ts';
import { hasGateways, residentOf } from './subject.ts';

/** Marks that this drill puts among the requests. */
export const marks = { home: 'home', act: 'act', empty: 'empty', back: 'back', end: 'end' } as const;

/** What was seen beside the requests. */
export interface Looks {
  readonly proxies: readonly ProxyFindings[];
  readonly names: readonly ProxyFindings[];
  readonly forged: readonly Forgery[];
  /** Through the gateways while requests ran. */
  readonly passed: Passage;
  readonly shared: Passage;
}

/** Requests without which a stretch says nothing. */
const fewest = 30;

/** What Envoy itself answers where it has nobody to ask. */
const envoysOwn = [502, 503, 504];

/** Did anybody answer at all, whoever it was? */
export const isAnswered = ({ status }: Pick<RequestRecord, 'status'>): boolean =>
  status > 0 && !envoysOwn.includes(status);

/** Say what became of every promise. Without its control no denial is one. */
export function judge(context: DrillContext, looks: Looks): void {
  judgeProxies(context, looks);
  judgeCallers(context);
  if (hasGateways(context)) judgeGateways(context, looks);
}

const state = (good: boolean, enough: boolean): Hypothesis['state'] =>
  !enough ? 'unproven' : good ? 'held' : 'refuted';

function judgeProxies(context: DrillContext, { proxies }: Looks): void {
  const asked = Math.min(...proxies.map((one) => one.asked));
  const strays = [...new Set(proxies.flatMap((one) => one.strays))];
  context.conclude('endpoints', {
    measured: `${strays.length} in ${asked} proxies${first(strays)}`,
    state: state(strays.length === 0, asked > 0),
  });
}

const first = (lines: readonly string[]): string => (lines[0] ? `; ${lines[0]}` : '');

/** Requests to the service itself, not to the control. */
function own(context: DrillContext, [from, to]: [string, string]): RequestRecord[] {
  return sentBetween(context.answers.callers, [from, to]).filter(({ target }) => target !== 'control');
}

function judgeCallers(context: DrillContext): void {
  const { clusters, home } = residentOf(context);
  const full = own(context, [marks.home, marks.act]);
  const empty = own(context, [marks.empty, marks.back]);
  const atHome = full.filter(({ from }) => clusters.includes(from));
  const good = atHome.filter((record) => context.answers.clusterOf(record) === record.from);
  context.conclude('home', {
    measured: `${good.length} of ${atHome.length}`,
    state: state(good.length === atHome.length, atHome.length >= fewest),
  });
  const elsewhere = [...full, ...empty].filter(({ from }) => !clusters.includes(from));
  answersOf(context, 'elsewhere', elsewhere);
  answersOf(
    context,
    'empty',
    empty.filter(({ from }) => from === home.cluster.spec.name),
  );
}

function answersOf(context: DrillContext, id: string, records: readonly RequestRecord[]): void {
  const answered = records.filter(isAnswered);
  const by = new Set(
    answered.map((record) => context.answers.clusterOf(record) ?? `status ${record.status}`),
  );
  context.conclude(id, {
    measured: `${answered.length} of ${records.length} answered${first([...by].map((one) => `by ${one}`))}`,
    state: state(answered.length === 0, records.length >= fewest),
  });
}

function judgeGateways(context: DrillContext, { names, forged, passed, shared }: Looks): void {
  const letIn = forged.filter((one) => one.shared);
  const seen = letIn.filter(({ verdict }) => verdict.state === 'accepted' && verdict.status === 200);
  const counted = countsBytes(shared);
  const moves = shared.connections > 0 && (!counted || shared.bytes > 0);
  const controlled = letIn.length > 0 && seen.length === letIn.length && moves;
  context.conclude('control', {
    measured: `${seen.length} of ${letIn.length} let through; under load ${passageText(shared, counted)}`,
    state: state(controlled, letIn.length > 0),
  });
  const asked = Math.min(...names.map((one) => one.asked));
  const known = [...new Set(names.flatMap((one) => one.strays))];
  context.conclude('names', {
    measured: `${known.length} at ${asked} gateways${first(known)}`,
    state: state(known.length === 0, asked > 0),
  });
  judgeForged(context, { forged, controlled });
  judgePassage(context, { passed, counted, controlled });
  const figure = (of: string, passage: Passage) =>
    context.figure({
      title: `of the ${of} service through the gateways`,
      value: passageText(passage, counted),
    });
  figure('shared', shared);
  figure('resident', passed);
}

interface Passed {
  readonly passed: Passage;
  /** Whether bytes are. */
  readonly counted: boolean;
  readonly controlled: boolean;
}

/** A counter that does not move proves something only if it moves for what is shared. */
function judgePassage(context: DrillContext, { passed, counted, controlled }: Passed): void {
  const something = passed.connections > 0 || passed.bytes > 0;
  // Without a counter of bytes nobody knows what a connection carries that was there before.
  const silent = counted || passed.open === 0;
  context.conclude('bytes', {
    measured: passageText(passed, counted),
    state: something ? 'refuted' : state(true, controlled && silent),
  });
  if (!counted)
    context.note(
      'no counter of bytes: these gateways’ proxies keep none for a service, as Istio leaves upstream_cx_*_bytes_total out of what proxies count; that nothing passed is told by there being no connection, neither made nor open',
    );
}

function judgeForged(
  context: DrillContext,
  { forged, controlled }: Pick<Looks, 'forged'> & { controlled: boolean },
): void {
  const tries = forged.filter((one) => !one.shared);
  const through = tries.filter(({ verdict }) => verdict.state === 'accepted');
  const closed = tries.filter(({ verdict }) => verdict.state === 'closed');
  const other = tries.find(({ verdict }) => verdict.state !== 'closed');
  const told = other
    ? `; ${other.verdict.state}: ${other.serverName} at ${other.path.to}, ${other.verdict.detail}`
    : '';
  context.conclude('forged', {
    measured: `${closed.length} of ${tries.length} closed${told}`,
    // What could not even be reached was not cut off.
    state:
      through.length > 0
        ? 'refuted'
        : state(true, controlled && tries.length > 0 && closed.length === tries.length),
  });
}
