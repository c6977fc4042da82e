import pLimit from 'p-limit';
import { blocked, type CheckResult, type Event, type Reporter } from '../../report/index.ts';
import { Facts } from '../facts/facts.ts';
import { type Check, pageOf } from './check.ts';
import type { CheckContext } from './check-context.ts';
import { concurrency } from './each-cluster.ts';
import { runChecks } from './runner.ts';
import { checkRunsOf } from './subject.ts';

/** One link of the way that a request takes from one cluster to another, and what proves it. */
export interface Link {
  /** What holds if every check of the link passes, for a person. */
  readonly name: string;
  readonly checks: readonly Check[];
}

/** Ids in the order in which each part rests on those before it. */
const order: readonly { readonly name: string; readonly ids: readonly string[] }[] = [
  { name: 'clusters', ids: ['clusters'] },
  { name: 'trust', ids: ['trust'] },
  { name: 'istiod', ids: ['istiod', 'istiod-config', 'discovery', 'injection'] },
  { name: 'networks', ids: ['networks'] },
  { name: 'gateways', ids: ['gateways', 'gateway-policy', 'visibility', 'lb', 'reach'] },
  { name: 'remote access', ids: ['secrets', 'remotes', 'shards'] },
  // What keeps endpoints from being joined comes before what proxies hold of them.
  { name: 'endpoints', ids: ['services', 'service-ports', 'local-services', 'sync'] },
  { name: 'policy and DNS', ids: [] },
  { name: 'traffic', ids: ['traffic'] },
];

/** Where checks go that the order does not name: what users configure comes after what the mesh is made of. */
const rest = 'policy and DNS';

/** Arrange checks in links from the clusters to the traffic; each appears exactly once. */
export function chainOf(checks: readonly Check[]): Link[] {
  const named = new Set(order.flatMap(({ ids }) => ids));
  const links = order.map(({ name, ids }): Link => {
    const own = ids.flatMap((id) => checks.find((check) => check.id === id) ?? []);
    const others = name === rest ? checks.filter(({ id }) => !named.has(id)) : [];
    return { name, checks: [...own, ...others] };
  });
  return links.filter((link) => link.checks.length > 0);
}

export interface WalkOptions {
  readonly links: readonly Link[];
  readonly context: CheckContext;
  /** Go on after a link with a failure. */
  readonly all?: boolean | undefined;
  /** What broke before the first link, so that all of them are blocked by it. */
  readonly brokenBy?: string | undefined;
}

/**
 * Look at all links at once, for waiting is most of the work, and judge them one after the other:
 * after the first with a failure the rest is given up and blocked by it. Events come in the order of
 * the links. Every check and subject appears exactly once. INTERRUPTED if the context's signal fires.
 */
export async function walkChain({ links, context, all, brokenBy }: WalkOptions): Promise<CheckResult[]> {
  const over = new AbortController();
  const results: CheckResult[] = [];
  let by = brokenBy;
  const begun = by === undefined ? beginAll(links, context, over.signal) : [];
  try {
    for (const [at, { checks }] of links.entries()) {
      const run = begun[at];
      const found = by === undefined && run ? await run() : blockedLink(checks, context, by ?? '');
      results.push(...found);
      if (!all) by ??= firstFailure(found);
    }
  } finally {
    over.abort();
  }
  return results;
}

/** Start every link; what each tells is held back until it is asked for. */
function beginAll(links: readonly Link[], context: CheckContext, over: AbortSignal) {
  const signal = AbortSignal.any([context.signal, over]);
  const facts = new Facts({ ...context, signal });
  const limit = pLimit(concurrency);
  return links.map(({ checks }) => {
    const held = heldReporter(context.reporter);
    const found = runChecks({ checks, context: { ...context, signal }, reporter: held, facts, limit });
    // A link that is given up is not awaited any more.
    found.catch(() => {});
    return () => {
      held.release();
      return found;
    };
  });
}

/** Keeps events until they are released, then passes them on as they come. */
function heldReporter(reporter: Reporter): Reporter & { release(): void } {
  let kept: Event[] | undefined = [];
  return {
    emit: (event) => (kept ? void kept.push(event) : reporter.emit(event)),
    release() {
      for (const event of kept ?? []) reporter.emit(event);
      kept = undefined;
    },
  };
}

function firstFailure(results: readonly CheckResult[]): string | undefined {
  const failed = results.find(({ outcome }) => outcome.status === 'fail');
  if (!failed) return undefined;
  return failed.subject ? `${failed.id} (${failed.subject})` : failed.id;
}

function blockedLink(checks: readonly Check[], context: CheckContext, by: string): CheckResult[] {
  return checks.flatMap((check) =>
    checkRunsOf(check, context).map(({ label }): CheckResult => {
      const { id, title } = check;
      return { id, title, subject: label, outcome: blocked(by), durationMs: 0, docs: pageOf(id) };
    }),
  );
}
