import {
  type CertificateStatus,
  type ClusterStatus,
  type GatewayStatus,
  groupBy,
  type MeshWork,
  type RemoteStatus,
  type StatusReport,
} from '../../report/index.ts';
import { formatDuration, formatSpanOfDays } from '../text/duration.ts';
import { renderTable } from '../text/table.ts';
import { type Paint, paint } from '../text/theme.ts';
import { envelope } from './results.ts';

/** The mesh on one screen, or as JSON; ends without a line break. */
export function renderStatus(
  status: StatusReport,
  format: 'table' | 'json' = 'table',
  options: { readonly color?: boolean | undefined } = {},
): string {
  if (format === 'json') return envelope('StatusReport', status);
  const colors = paint(options.color ?? false);
  const parts = [
    workLines(status, colors),
    clusterTable(status, colors),
    gatewayTable(status.clusters, colors),
    remoteTable(status, colors),
    problemLines(status.clusters, colors),
  ];
  return [colors.bold(`mesh ${status.mesh}`), ...parts.filter(Boolean)].join('\n\n');
}

const states = {
  ready: 'green',
  starting: 'yellow',
  degraded: 'yellow',
  failed: 'red',
  unreachable: 'red',
  refused: 'red',
  unknown: 'red',
  absent: 'dim',
} as const;

/** One line for each run that is at work, or was and is gone, with its clusters. */
function workLines({ clusters, time }: StatusReport, colors: Paint): string {
  const all = clusters.flatMap(({ cluster, work }) =>
    work ? [{ cluster, line: workLine(work, time, colors) }] : [],
  );
  return [...groupBy(all, ({ line }) => line)]
    .map(([line, members]) => `${members.map(({ cluster }) => cluster).join(', ')}: ${line}`)
    .join('\n');
}

function workLine(work: MeshWork, time: Date, colors: Paint): string {
  const { who, command, pid, since, gone } = work;
  const run = `isthmus ${command}, pid ${pid}, since ${since}`;
  const heard = formatDuration(Math.max(0, time.getTime() - work.renewed.getTime()));
  return gone
    ? colors.yellow(`left by ${who} (${run}), who is gone; the next one takes over`)
    : `in work by ${who} (${run}), last heard of ${heard} ago`;
}

function clusterTable({ clusters, time }: StatusReport, colors: Paint): string {
  const rows = clusters.map((one) => [
    one.cluster,
    one.provider,
    one.network,
    colors[states[one.state]](one.state),
    one.version ?? '-',
    istiodCell(one),
    expiry(one.certificates.root, time),
    expiry(one.certificates.intermediate, time),
  ]);
  const head = ['cluster', 'provider', 'network', 'state', 'kubernetes', 'istiod', 'root', 'intermediate'];
  return renderTable(head, rows);
}

const istiodCell = ({ istiod }: ClusterStatus): string =>
  istiod ? `${istiod.ready}/${istiod.total} ${istiod.version ?? ''}`.trim() : '-';

function expiry(certificate: CertificateStatus | undefined, time: Date): string {
  if (!certificate) return '-';
  const left = certificate.notAfter.getTime() - time.getTime();
  return left < 0 ? `expired ${formatSpanOfDays(left)} ago` : `${formatSpanOfDays(left)} left`;
}

function gatewayTable(clusters: readonly ClusterStatus[], colors: Paint): string {
  const rows = clusters.flatMap(({ cluster, gateways }) =>
    gateways.map((gateway) => [
      cluster,
      gateway.name,
      readyCell(gateway, colors),
      addressCell(gateway, colors),
    ]),
  );
  return rows.length > 0 ? renderTable(['cluster', 'gateway', 'ready', 'address'], rows) : '';
}

const readyCell = ({ ready, total }: GatewayStatus, colors: Paint): string =>
  colors[ready === total && total > 0 ? 'green' : 'red'](`${ready}/${total}`);

const addressCell = ({ addresses }: GatewayStatus, colors: Paint): string =>
  addresses.length > 0 ? addresses.join(', ') : colors.yellow('none yet');

function remoteTable({ clusters, time }: StatusReport, colors: Paint): string {
  const rows = clusters.flatMap(({ cluster, remotes }) =>
    remotes.map((remote) => [
      cluster,
      remote.istiod,
      remote.peer,
      colors[remote.synced ? 'green' : 'red'](remote.state),
      tokenCell(remote, time),
    ]),
  );
  return rows.length > 0 ? renderTable(['cluster', 'istiod', 'peer', 'remote secret', 'token'], rows) : '';
}

function tokenCell({ token }: RemoteStatus, time: Date): string {
  if (!token) return '-';
  if (!token.expires) return `by a Secret, ${formatSpanOfDays(time.getTime() - token.issued.getTime())} old`;
  const left = token.expires.getTime() - time.getTime();
  return left < 0 ? `expired ${formatSpanOfDays(left)} ago` : `${formatSpanOfDays(left)} left`;
}

/** A cluster that could not be looked at also shows what its provider knows and what to do. */
function problemLines(clusters: readonly ClusterStatus[], colors: Paint): string {
  return clusters
    .flatMap((one) => problemsOf(one).map((line) => colors.yellow(`! ${one.cluster}: ${line}`)))
    .join('\n');
}

function problemsOf({ detail, unseen, problems }: ClusterStatus): string[] {
  if (!unseen) return [...problems];
  const known = problems.some((problem) => problem.includes(detail)) ? [] : [detail];
  return [...known, ...problems, ...(unseen.hint ? [unseen.hint] : [])];
}
