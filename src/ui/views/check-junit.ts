import junitModule, { type Builder } from 'junit-report-builder';
import type { CheckResult, Problem } from '../../report/index.ts';
import { outcomeText } from './outcome-text.ts';

// Its types describe an ES module, its entry is CommonJS: the default import already is the builder.
const junit = junitModule as unknown as Builder;

/** One suite with one case for each result; blocked ones count as errors, warnings as passed. */
export function checkJunit(results: readonly CheckResult[]): string {
  const builder = junit.newBuilder();
  const suite = builder.testSuite().name('isthmus check');
  for (const result of results) {
    const { outcome, id, title, subject, durationMs } = result;
    const one = suite
      .testCase()
      .className(`isthmus.${id}`)
      .name(subject ? `${title} (${subject})` : title)
      .time(durationMs / 1000);
    if (outcome.status === 'fail') one.failure(outcomeText(outcome), 'fail').stacktrace(report(result));
    else if (outcome.status === 'blocked') one.error(outcomeText(outcome), 'blocked');
    else if (outcome.status === 'skip') one.skipped();
    else one.standardOutput(report(result));
  }
  return builder.build().trimEnd();
}

function report({ outcome, docs }: CheckResult): string {
  const problems = 'problems' in outcome ? outcome.problems.map(problemText) : [];
  const evidence = 'evidence' in outcome ? (outcome.evidence ?? []) : [];
  return [outcomeText(outcome), ...problems, ...evidence, `page: ${docs}`].join('\n');
}

function problemText({ cluster, object, message, evidence, cause, fix }: Problem): string {
  const where = [cluster, object].filter(Boolean).join(' · ');
  const more = Object.entries({ seen: evidence, cause, fix }).flatMap(([label, text]) =>
    text ? [`  ${label}: ${text}`] : [],
  );
  return [`- ${where ? `${where}: ` : ''}${message}`, ...more].join('\n');
}
