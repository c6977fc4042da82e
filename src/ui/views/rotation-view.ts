import type { LoadReport, RootName, RotationReport } from '../../report/index.ts';
import { renderTable } from '../text/table.ts';
import { type Paint, paint } from '../text/theme.ts';
import { envelope } from './results.ts';

/** What `rotate` did or would do, for a person or as JSON; ends without a line break. */
export function renderRotation(
  report: RotationReport,
  format: 'table' | 'json',
  options: { readonly color?: boolean; readonly width?: number } = {},
): string {
  if (format === 'json') return envelope('RotationReport', report);
  const colors = paint(options.color ?? false);
  const parts = [
    headOf(report),
    ...(report.end === 'planned' ? [planOf(report)] : []),
    ...(report.steps.length > 0 ? [stepTable(report, options)] : []),
    ...(report.load ? [pairTable(report.load, options), ...lossLines(report.load, colors)] : []),
    ...proofLines(report, colors),
    ...report.notes.map((note) => `note: ${note}`),
    verdictOf(report, colors),
  ];
  return parts.join('\n\n');
}

const short = ({ subject, fingerprint }: RootName): string => `${fingerprint.slice(0, 16)} (${subject})`;

function headOf({ what, from, to, position }: RotationReport): string {
  const where = Object.entries(position).map(([name, state]) => `${name} ${state}`);
  if (what === 'remote-secrets') return ['new tokens of every cluster for the others', ...where].join('\n');
  const lines = [
    what === 'root' ? `from  ${from.map(short).join(', ') || 'no other root'}` : 'new intermediates',
    ...(to ? [`${what === 'root' ? 'to  ' : 'of'}  ${short(to)}`] : []),
    ...(where.length > 0 ? [`was   ${where.join(', ')}`] : []),
  ];
  return lines.join('\n');
}

const rootPlan = `0 preflight    istiods and proxies can take a new root; every check passes; requests run over every ordered pair
1 trust both   the new root beside the old one, in one cluster first; istiods, namespaces, webhooks, pods and proxies have both
2 sign new     an intermediate of the new root, in one cluster first; every live certificate is of it, new connections work
               -- until here \`isthmus rotate root --abort\` goes back; from here on there is no way back --
3 drop old     the new root alone; a certificate of the old one is refused by a sidecar and a gateway of each cluster`;

const intermediatesPlan = `0 preflight    istiods can take a new intermediate; every check passes; requests run over every ordered pair
1 sign anew    a new intermediate of the same root, in one cluster first; old and new certificates take each other`;

const remoteSecretsPlan = `0 preflight    the checks istiod, remotes, shards, sync and traffic pass; requests run over every ordered pair
1 each holder  a second token, tried at its target; one update of the Secret; every istiod reads with it and knows the same
               endpoints; new connections of every ordered pair work; then the former token is revoked
2 prove        every former token is refused by its API server`;

const plans = {
  root: rootPlan,
  intermediates: intermediatesPlan,
  'remote-secrets': remoteSecretsPlan,
} as const;

const planOf = ({ what }: RotationReport): string => plans[what];

function stepTable({ steps, load }: RotationReport, options: object): string {
  const rows = steps.map(({ phase, title, clusters, seconds }) => [
    phase,
    title,
    clusters.join(' '),
    seconds.toFixed(1),
  ]);
  const table = renderTable(['PHASE', 'ACT OR GATE', 'CLUSTERS', 'SECONDS'], rows, options);
  return load ? `${table}\n\n${periodTable(load, options)}` : table;
}

function periodTable({ periods }: LoadReport, options: object): string {
  const phases = new Map<string, { sent: number; lost: number; p99Ms: number }>();
  for (const { name, sent, lost, p99Ms } of periods) {
    const phase = name.split(':')[0] ?? name;
    const sum = phases.get(phase) ?? { sent: 0, lost: 0, p99Ms: 0 };
    phases.set(phase, { sent: sum.sent + sent, lost: sum.lost + lost, p99Ms: Math.max(sum.p99Ms, p99Ms) });
  }
  const rows = [...phases].map(([name, { sent, lost, p99Ms }]) => [name, `${sent}`, `${lost}`, `${p99Ms}`]);
  return renderTable(['REQUESTS DURING', 'SENT', 'LOST', 'WORST p99 ms'], rows, options);
}

function pairTable({ pairs }: LoadReport, options: object): string {
  const rows = pairs.map((pair) => [
    `${pair.from} → ${pair.to}`,
    `${pair.kept + pair.fresh}`,
    `${pair.kept}`,
    `${pair.fresh}`,
    `${pair.newConnections ?? 'not read'}`,
    `${pair.failedConnections ?? 'not read'}`,
    `${pair.p50Ms}`,
    `${pair.p99Ms}`,
  ]);
  const heads = [
    'PAIR',
    'ANSWERED',
    'KEPT',
    'FRESH',
    'NEW CONNECTIONS',
    'OF THEM FAILED',
    'p50 ms',
    'p99 ms',
  ];
  return renderTable(heads, rows, options);
}

function lossLines({ losses }: LoadReport, colors: Paint): string[] {
  if (losses.length === 0) return [];
  const lines = losses.map(
    ({ from, connection, period, reason, count }) =>
      `${colors.red('lost')} ${count} from ${from} (${connection}) during ${period}: ${reason}`,
  );
  return [lines.join('\n')];
}

function proofLines({ proofs }: RotationReport, colors: Paint): string[] {
  if (proofs.length === 0) return [];
  const hue = { refused: colors.green, accepted: colors.red, unproven: colors.yellow };
  const lines = proofs.map(({ cluster, by, state, detail }) => {
    const shown = by === 'api-server' ? 'former token' : 'old certificate';
    return `${hue[state](state)}  ${shown}, ${by} of ${cluster}: ${detail}`;
  });
  return [lines.join('\n')];
}

/** The line that says it all, for a person, a log and a page. */
export function rotationVerdict({ what, end, seconds, load, to, error }: RotationReport): string {
  if (end === 'planned') return 'nothing was changed; without --plan this is done';
  if (end === 'unchanged') return `nothing to do: root ${to?.fingerprint.slice(0, 16)} is in place`;
  const done = `${doneOf({ what, end })} ${error ? 'after' : 'in'} ${seconds.toFixed(0)} s`;
  const requests = load
    ? `${load.sent} requests sent, ${load.lost} lost; ${load.newConnections ?? 'unknown'} new connections, ${load.failedConnections ?? 'unknown'} failed`
    : 'no requests were counted beside it, so nothing is said of losses';
  return `${done}: ${requests}${error ? `; ${error.code}: ${error.message}` : ''}`;
}

function doneOf({ what, end }: Pick<RotationReport, 'what' | 'end'>): string {
  if (end === 'aborted') return 'went back to the root before';
  return end === 'stopped' ? `the rotation of the ${what} stopped` : `rotated the ${what}`;
}

function verdictOf(report: RotationReport, colors: Paint): string {
  const { load, error } = report;
  const bad = error || (load && (load.lost > 0 || load.failedConnections !== 0));
  return (bad ? colors.red : colors.bold)(rotationVerdict(report));
}
