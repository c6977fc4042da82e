import { readFileSync } from 'node:fs';
import { measured, type PartName, recorded } from '../bench/figures.ts';
import { aboutRun } from './scale-page.ts';

const border = '<!-- below: made by `npm run docs` -->';
const parts: readonly PartName[] = ['single', 'alike', 'cold'];

/** docs/performance.md: what is written by hand, and below it what `npm run bench` recorded. */
export function performancePage(): string {
  const [byHand = ''] = readFileSync(new URL('../docs/performance.md', import.meta.url), 'utf8').split(
    border,
  );
  const recordings = parts.flatMap((part) => recorded(part) ?? []);
  const sections = recordings.map((recording) => {
    const rows = recording.figures.map((one) => {
      const size = one.clusters > 0 ? `, ${one.clusters} clusters` : '';
      return `| ${one.what}${size} | ${one.reach ?? ''} | ${measured(one)} |`;
    });
    return `${aboutRun(recording)}\n\n${['| what | meant | measured |', '|---|---|---|', ...rows].join('\n')}`;
  });
  const text = [
    '## By `npm run bench`',
    'What meshes of more clusters take is in [scale](scale.md).',
    ...sections,
  ];
  return `${byHand.trimEnd()}\n\n${border}\n\n${text.join('\n\n')}\n`;
}
