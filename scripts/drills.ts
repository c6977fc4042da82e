// Runs every drill on two local clusters of its own and writes what came of it into docs/drills.md: npm run drills.
// With files that `isthmus drill -o json` wrote, it writes of those instead; with names of drills it runs those alone
// and prints what it would write.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { drillOf, drills } from '../src/drills/index.ts';
import { type DrillReport, exitCodeOfDrill } from '../src/report/index.ts';
import { DrillBed } from '../test/e2e/support/drill-bed.ts';

const page = new URL('../docs/drills.md', import.meta.url);
const border = '<!-- the run -->';
const usual = '10';
/** Longer than the others: more pods make a percentile. */
const durations: Readonly<Record<string, string>> = { scale: '16' };
/** Kinds that another one contains are left out. */
const contained = ['http'];

const began = Date.now();
const files = process.argv.slice(2).filter((argument) => argument.endsWith('.json'));
const names = process.argv.slice(2).filter((argument) => !files.includes(argument));
const reports = files.length > 0 ? files.map(read) : await runAll();
if (names.length > 0) process.stdout.write(`${runPart(reports)}\n`);
else {
  const [text = ''] = readFileSync(page, 'utf8').split(border);
  writeFileSync(page, `${text}${border}\n\n${runPart(reports)}\n`);
  say(`${reports.length} drills, written to docs/drills.md`);
}
process.exitCode = reports.every((report) => exitCodeOfDrill(report) === 0) ? 0 : 1;

function say(line: string): void {
  const seconds = String(Math.round((Date.now() - began) / 1000));
  process.stdout.write(`${seconds.padStart(5)} s  ${line}\n`);
}

function read(file: string): DrillReport {
  return JSON.parse(readFileSync(file, 'utf8')) as DrillReport;
}

async function runAll(): Promise<DrillReport[]> {
  const bed = new DrillBed('drills', Number(usual));
  try {
    say('two clusters');
    await bed.up();
    const all: DrillReport[] = [];
    for (const { id, kinds = [undefined] } of names.length > 0 ? names.map(drillOf) : drills)
      for (const kind of kinds.filter((one) => !contained.includes(one?.id ?? '')))
        all.push(await runOne(bed, id, kind?.id));
    return all;
  } finally {
    await bed.isthmus(['down']);
  }
}

/** Once more where not enough was measured: the machine may have been busy. */
async function runOne(bed: DrillBed, id: string, kind: string | undefined): Promise<DrillReport> {
  const first = await tryOne(bed, id, kind);
  if (first.verdict.measured.enough) return first;
  say(`${id}: not enough was measured (${first.verdict.measured.problems.join('; ')}); once more`);
  return tryOne(bed, id, kind);
}

async function tryOne(bed: DrillBed, id: string, kind: string | undefined): Promise<DrillReport> {
  const more = kind === undefined ? [] : ['--kind', kind];
  const duration = durations[id] ?? usual;
  const args = ['drill', id, ...more, '--yes', '--rate', '40', '--duration', duration, '-o', 'json'];
  say(`${id} ${kind ?? ''}`);
  const { stdout, stderr } = await bed.isthmus(args);
  if (!stdout.includes('"DrillReport"')) throw new Error(stdout + stderr);
  const report = JSON.parse(stdout) as DrillReport;
  say(rowOf(report).join(' · '));
  for (const { state, title, measured } of report.hypotheses)
    if (state !== 'held') say(`  ${state}: ${title}: ${measured}`);
  return report;
}

function rowOf({ drill, variant, verdict, timelines, seconds }: DrillReport): string[] {
  const { hypothesis, measured, undone } = verdict;
  const counts = timelines.flatMap(({ slices }) => slices);
  const lost = counts.reduce((sum, one) => sum + one.lost, 0);
  const answered = counts.reduce(
    (sum, { answers }) => sum + Object.values(answers).reduce((a, b) => a + b, 0),
    0,
  );
  return [
    variant ? `${drill} ${variant}` : drill,
    hypothesis,
    measured.enough ? 'yes' : 'no',
    undone.complete ? 'yes' : 'no',
    timelines.length > 0 ? `${answered} / ${lost}` : '—',
    seconds.toFixed(0),
  ];
}

/** Of the first caller that was hit; without any where nobody is to notice. */
function failureCells({ figures, timelines }: DrillReport): string[] {
  const figure = (title: string) => figures.find((one) => one.title.endsWith(`: ${title}`))?.value;
  const slices = timelines.flatMap((one) => one.slices);
  const lost = slices.reduce((sum, one) => sum + one.lost, 0);
  const asked = slices.reduce(
    (sum, { answers }) => sum + Object.values(answers).reduce((a, b) => a + b, 0),
    lost,
  );
  return [
    figure('first answer from elsewhere after') ?? 'nobody noticed',
    figure('no more errors after') ?? '—',
    figure('answered again by the cluster after') ?? '—',
    figure('requests sent') ?? String(asked),
    figure('requests lost') ?? String(lost),
  ];
}

function runPart(all: readonly DrillReport[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const table = (heads: readonly string[], rows: readonly (readonly string[])[]) =>
    [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const days = [...new Set(all.map(({ started }) => started.slice(0, 10)))].join(', ');
  const heads = [
    'Drill',
    'What it states',
    'Enough measured',
    'Undone',
    'Answered / lost, settling in included',
    'Seconds',
  ];
  const failures = all.filter(({ drill }) => drill === 'failover');
  const failureTable = table(
    ['failover', 'First answer from elsewhere', 'No more errors', 'Answers again', 'Requests', 'Lost'],
    failures.map((report) => [report.variant ?? '', ...failureCells(report)]),
  );
  const details = all.flatMap((report) => [
    `### ${report.variant ? `${report.drill} ${report.variant}` : report.drill}`,
    '',
    table(
      ['', 'States', 'Expected', 'Measured'],
      report.hypotheses.map((one) => [one.state, one.title, one.expected, one.measured]),
    ),
    '',
    ...(report.figures.length > 0
      ? [
          table(
            ['Figure', ''],
            report.figures.map(({ title, value }) => [title, value]),
          ),
          '',
        ]
      : []),
    ...report.verdict.measured.problems.map((problem) => `Not enough was measured: ${problem}.\n`),
  ]);
  return [
    '## A run',
    '',
    `Two local clusters on ${machine}, ${days}. Written by \`npm run drills\`.`,
    '',
    table(heads, all.map(rowOf)),
    '',
    ...(failures.length > 0
      ? ['Seconds from when it was done, and from when it was taken back:', '', failureTable, '']
      : []),
    ...details,
  ]
    .join('\n')
    .trimEnd();
}
