import { expect, it } from 'vitest';
import { lineSplitter } from '../../../src/load/lines.ts';

it('gives whole lines, also where a chunk ends in the middle of a character', () => {
  const lines: string[] = [];
  const take = lineSplitter((line) => lines.push(line));
  const bytes = Buffer.from('één\ntwee\n\ndrie');
  for (const byte of bytes) take(Buffer.from([byte]));
  expect(lines).toEqual(['één', 'twee']);
  take(Buffer.from('!\n'));
  expect(lines).toEqual(['één', 'twee', 'drie!']);
});
