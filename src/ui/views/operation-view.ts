import type { IsthmusError } from '../../errors/index.ts';
import { type CheckResult, type KeptThing, type UnseenCluster, unseenState } from '../../report/index.ts';
import { renderTable } from '../text/table.ts';
import { count } from '../text/text.ts';
import { summarize } from './outcome-text.ts';
import { envelope, type ResultFormat, type ResultOptions, renderResults } from './results.ts';

/** What `up` did. */
export interface UpReport {
  /** Clusters that were created, started or changed. */
  readonly clusters: readonly string[];
  /** Objects that were created, updated or removed. */
  readonly changes: readonly unknown[];
  /** Clusters that were not named and stayed as they are. */
  readonly left: readonly {
    readonly cluster: string;
    readonly pending: number;
    readonly unseen?: UnseenCluster | undefined;
  }[];
  readonly results: readonly CheckResult[];
}

/** What `up` did and what the closing checks found; ends without a line break. */
export async function renderUp(
  report: UpReport,
  format: ResultFormat,
  options: ResultOptions = {},
): Promise<string> {
  const { clusters, changes, left, results } = report;
  if (format === 'json') return envelope('UpReport', { ...report, summary: summarize(results) });
  if (format === 'junit') return renderResults(results, 'junit');
  const touched =
    clusters.length + changes.length === 0
      ? 'nothing changed'
      : `${count(clusters.length, 'cluster')} and ${count(changes.length, 'object')} changed`;
  const done = [touched, ...left.map(leftLine)].join('\n');
  return results.length === 0 ? done : `${await renderResults(results, 'table', options)}\n${done}`;
}

function leftLine({ cluster, pending, unseen }: UpReport['left'][number]): string {
  const why = unseen
    ? unseenState(unseen.code)
    : pending === 0
      ? 'no object differs from the file'
      : `${count(pending, 'object')} ${pending === 1 ? 'differs' : 'differ'} from the file`;
  return `${cluster} left as it is: ${why}`;
}

/** What `down` removed, what it could not reach and what its audit still found. */
export interface DownReport {
  readonly removed: readonly string[];
  readonly unreachable: readonly UnseenCluster[];
  readonly leftovers: readonly {
    readonly kind: string;
    readonly id: string;
    readonly cluster?: string | undefined;
    readonly detail?: string | undefined;
    readonly removedBy?: string | undefined;
  }[];
  /** What stays on purpose. */
  readonly kept: readonly KeptThing[];
  /** Why contexts of removed clusters may still be in a kubeconfig. */
  readonly kubeconfig?: Pick<IsthmusError, 'code' | 'message' | 'hint' | 'problems'> | undefined;
  /** Commands that take them out once kubeconfigs can be written. */
  readonly contextsBy?: readonly string[] | undefined;
}

/** What `down` did; ends without a line break. */
export function renderDown(
  report: DownReport,
  format: 'table' | 'json',
  options: { readonly color?: boolean | undefined } = {},
): string {
  const { removed, unreachable, leftovers, kept, kubeconfig, contextsBy = [] } = report;
  if (format === 'json') return envelope('DownReport', { ...report, kubeconfig: toldKubeconfig(kubeconfig) });
  const contexts = kubeconfig ? [contextsLeft(kubeconfig, contextsBy)] : [];
  const stays = kept.length > 0 ? [renderTable(keptColumns, kept.map(keptRow), options)] : [];
  const done = removed.length === 0 ? 'nothing to remove' : `removed ${removed.join(', ')}`;
  if (unreachable.length > 0)
    return [...stays, ...removalRows(report, options), incomplete(report), ...contexts].join('\n\n');
  if (leftovers.length > 0) stays.push(leftoverTable(leftovers, options));
  return [...stays, `${done}; ${restOf(report)}`, ...contexts].join('\n\n');
}

/** An error's own fields, as JSON has none of an error. */
function toldKubeconfig(error: DownReport['kubeconfig']) {
  if (!error) return undefined;
  const { code, message, hint, problems } = error;
  return { code, message, hint, ...(problems.length > 0 ? { problems } : {}) };
}

function contextsLeft(
  { code, message, hint, problems }: NonNullable<DownReport['kubeconfig']>,
  commands: readonly string[],
): string {
  const each = problems.map((problem) => `  - ${problem.message}`);
  const by = commands.map((one) => `\`${one}\``).join(', ');
  const todo = hint ? [`  fix  ${hint}; then they are taken out by ${by}`] : [];
  return [`${code}: contexts of removed clusters are left: ${message}`, ...each, ...todo].join('\n');
}

function restOf({ leftovers, kept }: DownReport): string {
  if (leftovers.length > 0) return `${count(leftovers.length, 'thing')} left`;
  return kept.length > 0 ? 'nothing is left but what others have a share in' : 'nothing is left';
}

const keptColumns = ['stays', 'cluster', 'why'];
const keptRow = ({ what, cluster, reason }: KeptThing) => [what, cluster, reason];

function leftoverTable(leftovers: DownReport['leftovers'], options: { color?: boolean | undefined }): string {
  const rows = leftovers.map(({ kind, id, cluster, detail }) => [kind, id, cluster ?? '-', detail ?? '']);
  const commands = leftovers.flatMap(({ removedBy }) => removedBy ?? []);
  const table = renderTable(['left', 'id', 'cluster', 'detail'], rows, options);
  if (commands.length === 0) return table;
  return [
    table,
    '',
    'once nobody needs them, they are removed by',
    ...commands.map((one) => `  ${one}`),
  ].join('\n');
}

/** One row for each cluster, as some are gone and some are not. */
function removalRows(
  { removed, unreachable, leftovers }: DownReport,
  options: { color?: boolean | undefined },
): string[] {
  const rows = [
    ...removed.map((cluster) => [cluster, 'removed', '']),
    ...unreachable.map(({ cluster, code, message }) => [cluster, unseenState(code), message]),
  ];
  const table = renderTable(['cluster', 'state', 'detail'], rows, options);
  return leftovers.length > 0 ? [table, leftoverTable(leftovers, options)] : [table];
}

function incomplete({ unreachable, leftovers }: DownReport): string {
  const names = unreachable.map(({ cluster }) => cluster).join(', ');
  const more = leftovers.length > 0 ? ` and ${count(leftovers.length, 'thing')} of others` : '';
  return `REMOVE_INCOMPLETE: what isthmus made in ${names} is left${more}; the root authority is kept. Run \`isthmus down\` again when it answers`;
}
