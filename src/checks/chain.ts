import { blocked, type CheckResult } from '../report/index.ts';
import { type Check, type CheckContext, pageOf } from './check.ts';
import { runChecks } from './runner.ts';
import { looksOf } from './subject.ts';

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
  { name: 'istiod', ids: ['istiod', 'istiod-config', 'injection'] },
  { name: 'networks', ids: ['networks'] },
  { name: 'gateways', ids: ['gateways', 'gateway-policy', 'lb', 'reach'] },
  { name: 'remote access', ids: ['secrets', 'remotes', 'shards'] },
  { name: 'endpoints', ids: ['sync'] },
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
 * Run the links one after the other and stop after the first with a failure; what follows is blocked
 * by it. Every check and subject appears exactly once. INTERRUPTED if the context's signal fires.
 */
export async function walkChain({ links, context, all, brokenBy }: WalkOptions): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  let by = brokenBy;
  for (const { checks } of links) {
    if (by !== undefined) {
      results.push(...blockedLink(checks, context, by));
      continue;
    }
    const found = await runChecks({ checks, context });
    results.push(...found);
    if (!all) by = firstFailure(found);
  }
  return results;
}

function firstFailure(results: readonly CheckResult[]): string | undefined {
  const failed = results.find(({ outcome }) => outcome.status === 'fail');
  if (!failed) return undefined;
  return failed.subject ? `${failed.id} (${failed.subject})` : failed.id;
}

function blockedLink(checks: readonly Check[], context: CheckContext, by: string): CheckResult[] {
  return checks.flatMap((check) =>
    looksOf(check, context).map(({ label }): CheckResult => {
      const { id, title } = check;
      return { id, title, subject: label, outcome: blocked(by), durationMs: 0, docs: pageOf(id) };
    }),
  );
}
