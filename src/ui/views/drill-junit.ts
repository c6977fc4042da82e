import junitModule, { type Builder } from 'junit-report-builder';
import type { DrillReport } from '../../report/index.ts';

// Its types describe an ES module, its entry is CommonJS: the default import already is the builder.
const junit = junitModule as unknown as Builder;

/** One suite: a case for each thing that the drill states, one for what was measured, one for the undoing. */
export function drillJunit(report: DrillReport): string {
  const { drill, variant, hypotheses, verdict, seconds, service } = report;
  const builder = junit.newBuilder();
  const suite = builder
    .testSuite()
    .name(`isthmus drill ${drill}${variant ? ` ${variant}` : ''} (${service})`)
    .time(seconds);
  const named = (name: string) => suite.testCase().className(`isthmus.drill.${drill}`).name(name);
  for (const { title, expected, measured, state } of hypotheses) {
    const one = named(title);
    const text = `expected: ${expected}; measured: ${measured}`;
    if (state === 'held') one.standardOutput(text);
    else if (report.end === 'planned') one.skipped();
    else one.failure(text, state);
  }
  if (report.end === 'planned') return builder.build().trimEnd();
  const measured = named('enough was measured');
  if (!verdict.measured.enough) measured.failure(verdict.measured.problems.join('; '), 'unproven');
  const undone = named('all is undone');
  if (!verdict.undone.complete) undone.failure(verdict.undone.problems.join('; '), 'not undone');
  return builder.build().trimEnd();
}
