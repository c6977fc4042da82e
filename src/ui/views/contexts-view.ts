import { type UnseenCluster, unseenState } from '../../report/index.ts';
import { renderTable } from '../text/table.ts';

/** What `contexts` did to a kubeconfig. */
export interface ContextsReport {
  /** Of the kubeconfig. */
  readonly path: string;
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  readonly unchanged: readonly string[];
  readonly unseen: readonly UnseenCluster[];
}

/** One row for each cluster, or JSON; ends without a line break. */
export function renderContexts(
  report: ContextsReport,
  format: 'table' | 'json',
  options: { readonly color?: boolean | undefined } = {},
): string {
  if (format === 'json') return JSON.stringify(report, undefined, 2);
  const written = (['added', 'replaced', 'unchanged'] as const).flatMap((how) =>
    report[how].map((name) => [name, how, report.path]),
  );
  const unseen = report.unseen.map(({ cluster, code, message }) => [cluster, unseenState(code), message]);
  const last = unseen.length > 0 ? 'DETAIL' : 'KUBECONFIG';
  return renderTable(['CONTEXT', 'CHANGE', last], [...written, ...unseen], options);
}
