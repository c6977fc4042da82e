import { type Finding, fail, type Outcome, pass, skip, warn } from '../../report/index.ts';

/** Problems of two weights, gathered before the verdict so that all of them are reported. */
export interface Findings {
  readonly failures: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** What was looked at, so that a pass states what it rests on. */
export interface Seen {
  readonly detail: string;
  readonly evidence?: readonly string[];
  /** How many of the things that the title speaks of were looked at. */
  readonly looked: number;
  /** Why there was none to look at; the reason of the skip that comes of it. */
  readonly nothing: string;
}

/**
 * Fail if there is a failure, else warn if there is a warning, else pass with what was seen. Where
 * nothing was looked at there is nothing that could pass: it is a skip. What must be there and is not
 * is for the check to find.
 */
export function verdict({ failures, warnings }: Findings, seen: Seen): Outcome<Finding> {
  const problems = [...failures, ...warnings];
  const evidence = seen.evidence ?? [];
  const [first] = problems;
  if (!first) return seen.looked > 0 ? pass(seen.detail, evidence) : skip(seen.nothing);
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

export const failures = (...problems: readonly Finding[]): Findings => ({ failures: problems, warnings: [] });
export const warnings = (...problems: readonly Finding[]): Findings => ({ failures: [], warnings: problems });
