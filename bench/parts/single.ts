import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchBed, meshOf } from '../bed.ts';
import type { Recorder } from '../figures.ts';
import type { Took } from '../isthmus.ts';

/** Commands that need no cluster. */
export async function single(recorder: Recorder): Promise<void> {
  await using bed = await BenchBed.of(2);
  const version = await medianOf(7, () => bed.measure(['--version']));
  recorder.add({ what: '--version, median of 7', clusters: 0, reach: '0.12 s', ...version });
  const file = join(bed.folder, 'mesh-100.yaml');
  await writeFile(file, meshOf(Array.from({ length: 100 }, (_, at) => `c-${at + 1}`)));
  const plan = await medianOf(3, () => bed.measure(['-f', file, 'plan']));
  recorder.add({ what: 'plan of clusters to come, median of 3', clusters: 100, reach: '0.5 s', ...plan });
}

async function medianOf(times: number, run: () => Promise<Took>): Promise<Took> {
  const runs: Took[] = [];
  for (let at = 0; at < times; at += 1) runs.push(await run());
  runs.sort((a, b) => a.seconds - b.seconds);
  return runs[Math.floor(times / 2)] as Took;
}
