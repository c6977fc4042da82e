// Runs the fault suite, prints its score and writes docs/faults.md.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Score, scorePage } from '../test/faults/score.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-faults-'));
const file = join(folder, 'scores.json');
try {
  const run = await execa('npx', ['vitest', 'run', '--project', 'faults', ...process.argv.slice(2)], {
    env: { ISTHMUS_FAULT_SCORES: file },
    stdio: 'inherit',
    reject: false,
  });
  const page = scorePage(JSON.parse(readFileSync(file, 'utf8')) as Score[]);
  writeFileSync(new URL('../docs/faults.md', import.meta.url), page);
  process.stdout.write(`${page}\n`);
  process.exitCode = run.exitCode ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
