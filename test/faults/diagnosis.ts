import type { CheckResult } from '../../src/report/index.ts';
import { type Bed, type CheckReport, problemsOf } from '../e2e/bed.ts';
import type { Fault } from './fault.ts';

/** What isthmus said of a fault. */
export interface Diagnosis {
  readonly found: boolean;
  /** From the fault to the end of the doctor run that named it. */
  readonly seconds: number;
  /** What doctor named first in runs before that one. */
  readonly before: readonly string[];
  /** Problems of the first link that doctor complained of, one line each. */
  readonly text: string;
}

/** Does it say that something is or will be wrong? */
export const isComplaint = ({ outcome }: CheckResult): boolean =>
  outcome.status === 'fail' || outcome.status === 'warn';

/** One line for each problem: cluster, object, message. */
export const linesOf = (results: readonly CheckResult[]): string[] =>
  results.flatMap(({ outcome }) =>
    problemsOf(outcome).map(({ cluster, object, message }) =>
      [cluster, object, message].filter(Boolean).join(' '),
    ),
  );

export async function doctor(bed: Bed, args: readonly string[] = []): Promise<CheckReport> {
  const ran = await bed.isthmus(['doctor', '-o', 'json', ...args]);
  if (!ran.stdout.trim().startsWith('{')) throw new Error(`doctor printed no report: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as CheckReport;
}

/** Run doctor until the first thing that it names is the fault, or until half a minute is over. */
export async function diagnose(bed: Bed, { expects, diagnose: other }: Fault): Promise<Diagnosis> {
  const started = Date.now();
  const before: string[] = [];
  let text = '';
  do {
    const report = other ? undefined : await doctor(bed);
    const first = report?.results.find(isComplaint);
    const named = report?.results.filter((one) => one.id === first?.id) ?? [];
    text = other ? await other(bed) : linesOf(named).join('\n');
    const found = (other || first?.id === expects.check) && expects.names.every((name) => name.test(text));
    const seconds = (Date.now() - started) / 1000;
    if (found) return { found: true, seconds, before, text };
    before.push(`${first?.id ?? 'nothing'}: ${text}`);
  } while (Date.now() - started < 30_000);
  return { found: false, seconds: (Date.now() - started) / 1000, before, text };
}

/** Ids of checks that doctor --all complains of, apart from the fault itself and its consequences. */
export function unrelated({ results }: CheckReport, { expects, follows }: Fault): string[] {
  const known = [expects.check, ...follows.map(({ check }) => check)];
  return results
    .filter(isComplaint)
    .filter(({ id }) => !known.includes(id))
    .map((one) => `${one.id} ${one.subject ?? ''}: ${linesOf([one]).join('; ')}`);
}
