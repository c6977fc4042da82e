import { type CheckResult, groupBy, isUnproven, type Problem } from '../../report/index.ts';
import { formatDuration } from '../text/duration.ts';
import { cutTo, hanging, padTo } from '../text/text.ts';
import { type Paint, paint, statusWord } from '../text/theme.ts';
import { outcomeText, summaryText } from './outcome-text.ts';

export interface TableOptions {
  readonly color: boolean;
  /** Terminal cells in a line. */
  readonly width: number;
}

/** Results for a person: a row for each, then everything known about what is wrong, then the count. */
export function checkTable(results: readonly CheckResult[], options: TableOptions): string {
  const colors = paint(options.color);
  const rows = resultRows(results, colors, options.width);
  const findings = results.flatMap((result) => finding(result, colors, options.width));
  return [...rows, ...findings, ...unproven(results, colors, options.width), '', summaryText(results)].join(
    '\n',
  );
}

function resultRows(results: readonly CheckResult[], colors: Paint, width: number): string[] {
  const idWidth = Math.max(5, ...results.map(({ id }) => id.length));
  const subjectWidth = Math.max(7, ...results.map(({ subject }) => (subject ?? 'mesh').length));
  const head = `${padTo('STATUS', 9)}${padTo('CHECK', idWidth + 2)}${padTo('SUBJECT', subjectWidth + 2)}DETAIL`;
  const body = results.map(({ id, subject, outcome, durationMs }) => {
    const start = `${padTo(statusWord(outcome.status, colors), 9)}${padTo(id, idWidth + 2)}${padTo(subject ?? 'mesh', subjectWidth + 2)}`;
    const room = Math.max(20, width - 9 - idWidth - subjectWidth - 4);
    const took =
      outcome.status === 'skip' || outcome.status === 'blocked' ? '' : ` (${formatDuration(durationMs)})`;
    return `${start}${cutTo(outcomeText(outcome), room - took.length)}${colors.dim(took)}`;
  });
  return [colors.bold(head), ...body];
}

function finding(result: CheckResult, colors: Paint, width: number): string[] {
  const { outcome, id, subject, title, docs } = result;
  if (outcome.status !== 'fail' && outcome.status !== 'warn') return [];
  const word = statusWord(outcome.status, colors);
  return [
    '',
    `${word} ${colors.bold(subject ? `${id} (${subject})` : id)}: ${outcome.status === 'fail' ? 'not true that' : 'true for now:'} ${title}`,
    ...(repeats(outcome) ? [] : hanging('  ', outcome.detail, width)),
    ...outcome.problems.flatMap((problem) => problemLines(problem, colors, width)),
    ...(outcome.evidence ?? []).flatMap((line) => hanging('  seen   ', line, width)),
    colors.dim(`  page   ${docs}`),
  ];
}

/** What was skipped for want of something to look at is not known to be true: say so once for each reason. */
function unproven(results: readonly CheckResult[], colors: Paint, width: number): string[] {
  const all = results.flatMap(({ id, subject, outcome }) =>
    isUnproven(outcome) ? [{ label: subject ? `${id} (${subject})` : id, reason: outcome.reason }] : [],
  );
  return [...groupBy(all, ({ reason }) => reason)].flatMap(([reason, members]) => [
    '',
    `${statusWord('skip', colors)} ${colors.bold(members.map(({ label }) => label).join(', '))}`,
    ...hanging('  ', reason, width),
  ]);
}

/** The detail of a result often is its first problem, which is shown right below. */
function repeats({ detail, problems }: { detail: string; problems: readonly Problem[] }): boolean {
  return problems[0] !== undefined && detail.includes(problems[0].message);
}

function problemLines(problem: Problem, colors: Paint, width: number): string[] {
  const where = [problem.cluster, problem.object].filter(Boolean).join(' · ');
  const message =
    problem.message === where || where === '' ? problem.message : `${where}: ${problem.message}`;
  return [
    ...hanging('  - ', message, width),
    ...labelled('seen', problem.evidence, width),
    ...labelled('cause', problem.cause, width),
    ...labelled('fix', problem.fix, width).map((line) => colors.green(line)),
  ];
}

const labelled = (label: string, text: string | undefined, width: number): string[] =>
  text ? hanging(`    ${padTo(label, 7)}`, text, width) : [];
