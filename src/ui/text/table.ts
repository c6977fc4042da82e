import CliTable from 'cli-table3';
import { paint } from './theme.ts';

const none = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Columns aligned by their widest cell, without lines; ends without a line break. */
export function renderTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  options: { readonly color?: boolean | undefined } = {},
): string {
  const colors = paint(options.color ?? false);
  const table = new CliTable({
    head: columns.map((column) => colors.bold(column.toUpperCase())),
    chars: none,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
