import type { TrustReport } from '../../report/index.ts';
import { renderTable } from '../text/table.ts';

/** The mesh's root and one row for each cluster, or JSON. */
export function renderTrust(
  report: TrustReport,
  format: 'table' | 'json',
  options: { readonly color?: boolean | undefined } = {},
): string {
  if (format === 'json') return JSON.stringify(report, undefined, 2);
  const rows = report.clusters.map(({ cluster, state, unseen, root, authority }) => [
    cluster,
    root?.fingerprint ?? unseen?.message ?? state,
    day(root?.notAfter),
    authority?.madeBy ?? '',
    day(authority?.notAfter),
    day(authority?.renewAfter),
  ]);
  const heads = ['CLUSTER', 'ROOT', 'ROOT UNTIL', 'CA MADE BY', 'CA UNTIL', 'RENEWED FROM'];
  return `root of ${report.mesh}, ${sourceText(report.source)}\n\n${renderTable(heads, rows, options)}`;
}

function sourceText({ kind, place, fingerprint, signsHere, fault }: TrustReport['source']): string {
  const isHere = kind === 'isthmus' || kind === 'files';
  const made =
    kind === 'isthmus' ? 'made by isthmus' : kind === 'files' ? `${place}, by spec.trust.root` : place;
  const key = isHere
    ? signsHere
      ? 'its key is on this machine'
      : 'its key is not on this machine'
    : signsHere
      ? 'this identity can sign with it'
      : 'this identity cannot sign with it';
  return `${made}; ${key}${fingerprint === undefined ? '' : `: ${fingerprint}`}${fault === undefined ? '' : `\n${fault}`}`;
}

const day = (date: string | undefined): string => date?.slice(0, 10) ?? '';
