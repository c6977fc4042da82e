import type { CheckResult, Outcome, Problem } from '../report/index.ts';
import type { Topology } from '../topology/index.ts';

/** Checks write commands for a context of the cluster's name; where a context has another name, put it in. */
export function inTheirContexts(results: readonly CheckResult[], { clusters }: Topology): CheckResult[] {
  const renamed = clusters.flatMap((spec) =>
    spec.provider === 'existing' && spec.context !== spec.name ? [[spec.name, spec.context] as const] : [],
  );
  if (renamed.length === 0) return [...results];
  const contextOf = new Map(renamed);
  const rewrite = (text: string): string =>
    text.replaceAll(/--context (\S+)/g, (all, name: string) => {
      const context = contextOf.get(name);
      return context === undefined ? all : `--context ${context}`;
    });
  return results.map((result) => ({ ...result, outcome: outcomeIn(result.outcome, rewrite) }));
}

function outcomeIn(outcome: Outcome, rewrite: (text: string) => string): Outcome {
  if (outcome.status !== 'fail' && outcome.status !== 'warn') return outcome;
  const problemIn = (problem: Problem): Problem =>
    problem.fix === undefined ? problem : { ...problem, fix: rewrite(problem.fix) };
  return { ...outcome, problems: outcome.problems.map(problemIn) };
}
