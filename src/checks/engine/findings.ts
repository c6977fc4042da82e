import { fail, type Outcome, type Problem, pass, warn } from '../../report/index.ts';

/** Problems of two weights, gathered before the verdict so that all of them are reported. */
export interface Findings {
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Fail if there is a failure, else warn if there is a warning, else pass with what was seen. */
export function verdict(
  { failures, warnings }: Findings,
  seen: { readonly detail: string; readonly evidence?: readonly string[] },
): Outcome {
  const problems = [...failures, ...warnings];
  const evidence = seen.evidence ?? [];
  const [first] = problems;
  if (!first) return pass(seen.detail, evidence);
  const rest = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const where = [first.cluster, first.object].filter(Boolean).join(' · ');
  const detail = `${where ? `${where}: ` : ''}${first.message}${rest}`;
  return (failures.length > 0 ? fail : warn)(detail, problems, evidence);
}

/** Several findings as one. */
export function merge(parts: readonly Findings[]): Findings {
  return {
    failures: parts.flatMap(({ failures }) => failures),
    warnings: parts.flatMap(({ warnings }) => warnings),
  };
}

export const failures = (...problems: readonly Problem[]): Findings => ({ failures: problems, warnings: [] });
export const warnings = (...problems: readonly Problem[]): Findings => ({ failures: [], warnings: problems });
