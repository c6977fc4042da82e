import type { DrillReport, DrillUndoReport, Hypothesis } from '../../report/index.ts';
import { renderTable } from '../text/table.ts';
import { type Paint, paint } from '../text/theme.ts';
import { envelope } from './results.ts';

type Format = 'table' | 'json' | 'junit';

interface Style {
  readonly color?: boolean;
  readonly width?: number;
}

export interface DrillRow {
  readonly id: string;
  readonly title: string;
  readonly kinds: readonly { readonly id: string; readonly title: string }[];
}

/** The drills that there are. */
export function renderDrills(rows: readonly DrillRow[], format: Format, style: Style): string {
  if (format !== 'table') return envelope('DrillList', { drills: rows });
  const cells = rows.map(({ id, title, kinds }) => [id, title, kinds.map((kind) => kind.id).join(' ')]);
  return renderTable(['DRILL', 'PUTS TO THE TEST', 'KINDS'], cells, style);
}

/** What a drill did or would do, for a person, as JSON or as JUnit; ends without a line break. */
export async function renderDrill(report: DrillReport, format: Format, style: Style = {}): Promise<string> {
  if (format === 'json') return envelope('DrillReport', report);
  if (format === 'junit') return (await import('./drill-junit.ts')).drillJunit(report);
  const colors = paint(style.color ?? false);
  const planned = report.end === 'planned';
  const parts = [
    headOf(report),
    ...(planned
      ? [report.plan.map((line, at) => `${at + 1} ${line}`).join('\n')]
      : [stepTable(report, style)]),
    hypothesisTable(report, style),
    ...(report.figures.length > 0
      ? [
          renderTable(
            ['MEASURED', ''],
            report.figures.map(({ title, value }) => [title, value]),
            style,
          ),
        ]
      : []),
    ...report.tables.map(({ heads, rows, title }) => `${title}\n${renderTable(heads, rows, style)}`),
    ...problemLines(report, colors),
    ...report.notes.map((note) => `note: ${note}`),
    ...(report.limits.length > 0
      ? [['not shown by this:', ...report.limits.map((one) => `- ${one}`)].join('\n')]
      : []),
    verdictLine(report, colors),
  ];
  return parts.join('\n\n');
}

const headOf = ({ drill, variant, service, title, disruption }: DrillReport): string =>
  [`${drill}${variant ? ` (${variant})` : ''} of ${service}: ${title}`, `what it breaks: ${disruption}`].join(
    '\n',
  );

const stepTable = ({ steps }: DrillReport, style: Style): string =>
  renderTable(
    ['PHASE', 'ACT', 'CLUSTER', 'SECONDS'],
    steps.map(({ phase, title, cluster, seconds }) => [phase, title, cluster ?? '', seconds.toFixed(1)]),
    style,
  );

/** The same rows for the terminal and for a page. */
export const hypothesisRows = ({ hypotheses, end }: DrillReport): string[][] =>
  hypotheses.map(({ title, expected, measured, state }: Hypothesis) =>
    end === 'planned' ? [title, expected] : [state, title, expected, measured],
  );

const hypothesisTable = (report: DrillReport, style: Style): string =>
  renderTable(
    report.end === 'planned' ? ['STATES', 'EXPECTED'] : ['', 'STATES', 'EXPECTED', 'MEASURED'],
    hypothesisRows(report),
    style,
  );

function problemLines({ verdict, end }: DrillReport, colors: Paint): string[] {
  if (end === 'planned') return [];
  const lines = [
    ...verdict.measured.problems.map((problem) => `${colors.yellow('not measured')} ${problem}`),
    ...verdict.undone.problems.map((problem) => `${colors.red('not undone')} ${problem}`),
  ];
  return lines.length > 0 ? [lines.join('\n')] : [];
}

/** The line that says it all, for a person, a log and a page. */
export function drillVerdict({ drill, end, verdict, seconds }: DrillReport): string {
  if (end === 'planned') return 'nothing was changed; without --plan this is done';
  const { hypothesis, measured, undone } = verdict;
  const parts = [
    hypothesis === 'held' ? 'what it states holds' : `what it states is ${hypothesis}`,
    measured.enough ? 'enough was measured' : 'not enough was measured',
    undone.complete ? 'undone' : 'not undone',
  ];
  const how = end === 'done' ? 'took' : 'was broken off after';
  return `drill ${drill} ${how} ${seconds.toFixed(0)} s: ${parts.join('; ')}`;
}

function verdictLine(report: DrillReport, colors: Paint): string {
  const { hypothesis, measured, undone } = report.verdict;
  const good = hypothesis === 'held' && measured.enough && undone.complete;
  return (good || report.end === 'planned' ? colors.bold : colors.red)(drillVerdict(report));
}

/** What `drill --undo` did. */
export function renderDrillUndo(report: DrillUndoReport, format: Format): string {
  if (format !== 'table') return envelope('DrillUndoReport', report);
  if (report.undone.length === 0) return 'nothing to undo: no drill is at work in any cluster';
  return report.undone
    .flatMap(({ cluster, drill, who, steps, problems }) => [
      `${cluster}: undid the drill ${drill} of ${who} (${steps} steps)`,
      ...problems.map((problem) => `  ${problem}`),
    ])
    .join('\n');
}
