import type { LoadReport, RotationReport } from '../../report/index.ts';
import { renderPage, type Section } from './page.ts';
import { rotationVerdict } from './rotation-view.ts';

/** The report of a rotation as a page that needs nothing else: HTML, or Markdown for a review. */
export function rotationPage(report: RotationReport, format: 'html' | 'markdown'): string {
  const page = { title: titleOf(report), verdict: rotationVerdict(report), sections: sectionsOf(report) };
  return renderPage(page, format);
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
  ];
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
