import { renderTable } from '../text/table.ts';
import { envelope } from './results.ts';

/** One binary or image of the local clusters' toolchain. */
export interface ToolchainRow {
  readonly name: string;
  readonly version: string;
  /** Where it came from or would come from: a release, the Go module, a wheel. */
  readonly source: string;
  readonly cached: boolean;
  /** Size in the cache; 0 if it is not there. */
  readonly bytes: number;
}

/** The toolchain as a table or as JSON; ends without a line break. */
export function renderToolchain(
  rows: readonly ToolchainRow[],
  format: 'table' | 'json' = 'table',
  options: { readonly color?: boolean | undefined } = {},
): string {
  if (format === 'json') return envelope('ToolchainReport', { tools: rows });
  const cells = rows.map(({ name, version, cached, source, bytes }) => [
    name,
    version,
    cached ? 'cached' : 'missing',
    cached ? formatSize(bytes) : '-',
    source,
  ]);
  return renderTable(['tool', 'version', 'state', 'size', 'source'], cells, options);
}

/** Bytes for a person: `512 B`, `80.4 MB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB'];
  let value = bytes / 1000;
  while (value >= 999.95 && units.length > 1) {
    value /= 1000;
    units.shift();
  }
  return `${value.toFixed(1)} ${units[0]}`;
}
