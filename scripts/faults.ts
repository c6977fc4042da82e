// Runs the fault suite and prints its score; a full run that leaves nothing out writes its part of docs/faults.md:
// the faults, or, with ISTHMUS_FAULT_ALONE, the times of isthmus without the other means.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { faults } from '../test/faults/pains.ts';
import { type Scores, scorePage, timesPage } from '../test/faults/score.ts';
import { replacePart } from './faults-page.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-faults-'));
const file = join(folder, 'scores.json');
try {
  const run = await execa('npx', ['vitest', 'run', '--project', 'faults', ...process.argv.slice(2)], {
    env: { ISTHMUS_FAULT_SCORES: file },
    stdio: 'inherit',
    reject: false,
  });
  const scores = JSON.parse(readFileSync(file, 'utf8')) as Scores;
  const [part, page] = scores.alone
    ? (['times', timesPage(scores)] as const)
    : (['faults', scorePage(scores)] as const);
  process.stdout.write(`${page}\n`);
  if (scores.faults.length === faults.length) replacePart(part, page);
  process.exitCode = run.exitCode ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
