import type { TrustReport } from '../../report/index.ts';
import { renderTable } from '../text/table.ts';

/** The mesh's root and one row for each cluster, or JSON. */
export function renderTrust(
  report: TrustReport,
  format: 'table' | 'json',
  options: { readonly color?: boolean | undefined } = {},
): string {
  if (format === 'json') return JSON.stringify(report, undefined, 2);
  const { kind, fingerprint, signsHere } = report.source;
  const where = kind === 'files' ? 'in the files of spec.trust.root' : 'made by isthmus';
  const rows = report.clusters.map(({ cluster, state, unseen, root, authority }) => [
    cluster,
    root?.fingerprint ?? unseen?.message ?? state,
    day(root?.notAfter),
    authority?.madeBy ?? '',
    day(authority?.notAfter),
    day(authority?.renewAfter),
  ]);
  const key = signsHere ? `its key is on this machine: ${fingerprint}` : 'its key is not on this machine';
  const heads = ['CLUSTER', 'ROOT', 'ROOT UNTIL', 'CA MADE BY', 'CA UNTIL', 'RENEWED FROM'];
  return `root of ${report.mesh}, ${where}; ${key}\n\n${renderTable(heads, rows, options)}`;
}

const day = (date: string | undefined): string => date?.slice(0, 10) ?? '';
