import { useEffect, useState } from 'preact/hooks';
import type { EndpointRow } from '../../../report/index.ts';
import { connection } from '../model/connection.ts';
import type { Health } from '../model/health.ts';
import { percent } from '../model/words.ts';
import { Mark } from '../parts/marks.tsx';
import { Table } from '../parts/table.tsx';

export interface EndpointTableProps {
  readonly cluster: string;
  readonly service: string;
  /** Undefined where the state leaves them out. */
  readonly rows: readonly EndpointRow[] | undefined;
  /** Changes when the rows may have changed. */
  readonly version: unknown;
}

/** Endpoints of one service as one caller's proxy has them. */
export function EndpointTable(props: EndpointTableProps) {
  const rows = useRows(props);
  if (!rows)
    return (
      <p class="empty">
        {connection.value === 'file' ? 'left out of this file, as nothing differs' : 'asking'}
      </p>
    );
  const sum = rows.reduce((total, { requests }) => total + requests, 0);
  const recentSum = rows.reduce((total, { recent = 0 }) => total + recent, 0);
  return (
    <Table
      caption={`Endpoints of ${props.service} as ${props.cluster} has them`}
      heads={[
        'Endpoint',
        'Cluster',
        'Weight expected',
        'Weight held',
        'Health',
        'Locality',
        'Priority',
        'Share, last minute',
        'Requests, share',
      ]}
      empty="it has no endpoint"
      rows={rows.map((row) => ({
        key: `${row.address} ${row.port}`,
        cells: [
          `${row.address.includes(':') ? `[${row.address}]` : row.address}:${row.port}`,
          `${row.via === 'unknown' ? '' : `${row.via} of `}${row.cluster}`,
          row.expected === undefined ? 'none' : percent(row.expected),
          row.held === undefined ? 'missing' : percent(row.held),
          <Mark health={healthOf(row)}>{wordOf(row)}</Mark>,
          row.locality || '–',
          String(row.priority),
          row.recent === undefined || recentSum === 0 ? '–' : percent(row.recent / recentSum),
          sum === 0 ? '0' : `${row.requests}, ${percent(row.requests / sum)}`,
        ],
      }))}
    />
  );
}

function healthOf({ expected, held, healthy }: EndpointRow): Health {
  if (expected === undefined || held === undefined) return 'bad';
  if (Math.abs(expected - held) >= 0.005) return 'bad';
  return healthy ? 'good' : 'caution';
}

function wordOf({ expected, held, healthy, flags }: EndpointRow): string {
  if (held === undefined) return 'missing';
  if (expected === undefined) return 'should not be here';
  return healthy ? 'healthy' : flags.join(', ') || 'unhealthy';
}

function useRows({
  cluster,
  service,
  rows,
  version,
}: EndpointTableProps): readonly EndpointRow[] | undefined {
  const [asked, setAsked] = useState<readonly EndpointRow[] | undefined>(undefined);
  useEffect(() => {
    if (rows || connection.value === 'file') return undefined;
    const over = new AbortController();
    const query = new URLSearchParams({ cluster, service });
    fetch(`/endpoints?${query}`, { signal: over.signal })
      .then(async (answer) => setAsked(answer.ok ? ((await answer.json()) as EndpointRow[]) : []))
      // The connection's own line says so.
      .catch(() => {});
    return () => over.abort();
  }, [cluster, service, rows, version]);
  return rows ?? asked;
}
