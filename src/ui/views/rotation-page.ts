import type { LoadReport, RotationReport } from '../../report/index.ts';
import { rotationVerdict } from './rotation-view.ts';

/** The report of a rotation as a page that needs nothing else: HTML, or Markdown for a review. */
export function rotationPage(report: RotationReport, format: 'html' | 'markdown'): string {
  const sections = sectionsOf(report);
  return format === 'html' ? htmlPage(report, sections) : markdownPage(report, sections);
}

interface Section {
  readonly title: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function sectionsOf(report: RotationReport): Section[] {
  const { steps, load, proofs, notes, error } = report;
  return [
    {
      title: 'Roots',
      heads: ['', 'SHA-256', 'Subject'],
      rows: [
        ...report.from.map(({ fingerprint, subject }) => ['from', fingerprint, subject]),
        ...(report.to ? [['to', report.to.fingerprint, report.to.subject]] : []),
      ],
    },
    {
      title: 'Where it stood',
      heads: ['', 'Was'],
      rows: Object.entries(report.position).map(([name, state]) => [name, state]),
    },
    {
      title: 'Acts and gates',
      heads: ['Phase', 'Act or gate', 'Clusters', 'Seconds'],
      rows: steps.map((one) => [one.phase, one.title, one.clusters.join(' '), one.seconds.toFixed(1)]),
    },
    ...(load ? loadSections(load) : []),
    {
      title: 'Is what was replaced refused?',
      heads: ['Cluster', 'By', 'State', 'Detail'],
      rows: proofs.map(({ cluster, by, state, detail }) => [cluster, by, state, detail]),
    },
    {
      title: 'What stands in the way',
      heads: ['Code', 'What'],
      rows: error ? [error, ...error.problems].map((one) => [error.code, one.message]) : [],
    },
    { title: 'Notes', heads: [''], rows: notes.map((note) => [note]) },
  ].filter(({ rows }) => rows.length > 0);
}

function loadSections({ pairs, periods, losses }: LoadReport): Section[] {
  return [
    {
      title: 'Requests by ordered pair',
      heads: ['From', 'To', 'Kept', 'Fresh', 'New connections', 'Failed', 'p50 ms', 'p99 ms'],
      rows: pairs.map((pair) => [
        pair.from,
        pair.to,
        ...[pair.kept, pair.fresh, pair.newConnections, pair.failedConnections, pair.p50Ms, pair.p99Ms].map(
          (value) => String(value ?? 'not read'),
        ),
      ]),
    },
    {
      title: 'Requests by act and gate',
      heads: ['During', 'Sent', 'Lost', 'p50 ms', 'p99 ms'],
      rows: periods.map(({ name, sent, lost, p50Ms, p99Ms }) => [
        name,
        ...[sent, lost, p50Ms, p99Ms].map(String),
      ]),
    },
    {
      title: 'What was lost',
      heads: ['From', 'Connection', 'During', 'Reason', 'Requests'],
      rows: losses.map((one) => [one.from, one.connection, one.period, one.reason, String(one.count)]),
    },
  ];
}

const titleOf = ({ mesh, what }: RotationReport): string => `Rotation of the ${what} of mesh ${mesh}`;

function markdownPage(report: RotationReport, sections: readonly Section[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  const tables = sections.map(({ title, heads, rows }) =>
    [`## ${title}`, '', line(heads), line(heads.map(() => '---')), ...rows.map(line), ''].join('\n'),
  );
  return [`# ${titleOf(report)}`, '', rotationVerdict(report), '', ...tables].join('\n');
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%;margin-bottom:1.5rem}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc;overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}th,td{border-color:#444}}`;

function htmlPage(report: RotationReport, sections: readonly Section[]): string {
  const row = (cells: readonly string[]) =>
    `<tr>${cells.map((one) => `<td>${escaped(one)}</td>`).join('')}</tr>`;
  const tables = sections.map(
    ({ title, heads, rows }) =>
      `<h2>${escaped(title)}</h2>\n<table>\n<thead><tr>${heads
        .map((one) => `<th scope="col">${escaped(one)}</th>`)
        .join('')}</tr></thead>\n<tbody>\n${rows.map(row).join('\n')}\n</tbody>\n</table>`,
  );
  const title = escaped(titleOf(report));
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style></head>
<body>
<main>
<h1>${title}</h1>
<p>${escaped(rotationVerdict(report))}</p>
${tables.join('\n')}
</main>
</body>
</html>
`;
}
