import { BenchBed } from '../bed.ts';
import type { Recorder } from '../figures.ts';
import { step, tell } from '../progress.ts';
import { replacedPattern } from '../replaced-pattern.ts';

const rounds = 3;

/** The mesh alone on two clusters that hold nothing, by isthmus and by the pattern that it replaces, in turn. */
export async function alike(recorder: Recorder): Promise<void> {
  await using bed = await BenchBed.of(2);
  await step('up of two clusters', () => bed.isthmus('up'));
  const pattern = await replacedPattern(bed);
  const taken = { pattern: [] as number[], unproved: [] as number[], proved: [] as number[] };
  const timed = async (into: number[], work: () => PromiseLike<unknown>) => {
    await pattern.clean();
    const started = performance.now();
    await work();
    into.push((performance.now() - started) / 1000);
  };
  for (let round = 0; round < rounds; round += 1) {
    tell(`round ${round + 1} of ${rounds} …`);
    await timed(taken.pattern, () => pattern.deploy());
    await timed(taken.unproved, () => bed.isthmus('up', '--no-check'));
    await timed(taken.proved, () => bed.isthmus('up'));
  }
  const add = (what: string, some: readonly number[], reach?: string) => {
    const ratio = `ratio ${(mean(some) / mean(taken.pattern)).toFixed(2)}`;
    const each = `mean of ${some.map((one) => one.toFixed(1)).join(', ')} s`;
    const figure = { what, clusters: 2, seconds: mean(some) };
    recorder.add(reach ? { ...figure, reach, said: `${ratio}, ${each}` } : { ...figure, said: each });
  };
  add('the mesh alone, by the steps that isthmus replaces', taken.pattern);
  add('the mesh alone, by up --no-check', taken.unproved, 'ratio 0.5');
  add('the mesh alone, by up with its checks', taken.proved, 'ratio 0.7');
}

const mean = (some: readonly number[]): number => some.reduce((sum, one) => sum + one, 0) / some.length;
