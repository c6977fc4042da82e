// Runs every drill on two local clusters of its own and writes what came of it into docs/drills.md: npm run drills.
// With files that `isthmus drill -o json` wrote, it writes of those instead.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { drills } from '../src/drills/index.ts';
import { type DrillReport, exitCodeOfDrill } from '../src/report/index.ts';
import { Bed, localMesh } from '../test/e2e/bed.ts';

const page = new URL('../docs/drills.md', import.meta.url);
const border = '<!-- the run -->';

const files = process.argv.slice(2);
const reports = files.length > 0 ? files.map(read) : await runAll();
const [text = ''] = readFileSync(page, 'utf8').split(border);
writeFileSync(page, `${text}${border}\n\n${runPart(reports)}\n`);
process.exitCode = reports.every((report) => exitCodeOfDrill(report) === 0) ? 0 : 1;

function read(file: string): DrillReport {
  return JSON.parse(readFileSync(file, 'utf8')) as DrillReport;
}

async function runAll(): Promise<DrillReport[]> {
  const bed = new Bed('drills');
  await bed.write(localMesh('drills', 2));
  try {
    const up = await bed.isthmus(['up'], { timeoutMs: 900_000 });
    if (up.exitCode !== 0) throw new Error(up.stderr);
    const all: DrillReport[] = [];
    for (const { id, kinds = [undefined] } of drills)
      for (const kind of kinds) all.push(await runOne(bed, id, kind?.id));
    return all;
  } finally {
    await bed.isthmus(['down']);
  }
}

async function runOne(bed: Bed, id: string, kind: string | undefined): Promise<DrillReport> {
  const which = kind === undefined ? [] : ['--kind', kind];
  const { stdout, stderr } = await bed.isthmus(['drill', id, ...which, '--yes', '-o', 'json']);
  if (!stdout.startsWith('{')) throw new Error(stderr);
  const report = JSON.parse(stdout) as DrillReport;
  process.stdout.write(`${rowOf(report).join(' · ')}\n`);
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
    ...details,
  ]
    .join('\n')
    .trimEnd();
}
