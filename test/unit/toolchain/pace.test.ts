import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { recordingReporter, span } from '../../../src/report/index.ts';
import { EtaEstimator } from '../../../src/toolchain/programs/eta-estimator.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Seconds that are said to be left at the end of each piece, given as guessed and real seconds. */
async function said(pieces: readonly (readonly [guess: number, real: number])[]): Promise<number[]> {
  const reporter = recordingReporter();
  const told: number[] = [];
  await span(reporter, { title: 'all' }, async (handle) => {
    const pace = new EtaEstimator(
      handle,
      pieces.map(([guess]) => guess),
    );
    for (const [guess, real] of pieces) {
      await pace.during(
        [{ weight: guess }],
        async () => void (await vi.advanceTimersByTimeAsync(real * 1000)),
      );
      const last = reporter.events.findLast((event) => event.type === 'span-progress');
      told.push(Math.round((last?.remainingMs ?? 0) / 1000));
    }
  });
  return told;
}

it('is exact where the guesses are', async () => {
  expect(
    await said([
      [10, 10],
      [180, 180],
      [60, 60],
    ]),
  ).toEqual([240, 60, 0]);
});

it('does not believe one quick download', async () => {
  const [afterDownload] = await said([
    [10, 1],
    [240, 240],
  ]);
  expect(afterDownload).toBeGreaterThan(150);
});

it('sees after the first long piece that all was built before', async () => {
  const [, , then] = await said([
    [10, 1],
    [180, 2],
    [260, 1],
  ]);
  expect(then).toBeLessThan(30);
});

it('sees during a long piece that the machine is slow', async () => {
  const [first] = await said([
    [180, 540],
    [100, 300],
  ]);
  expect(first).toBeGreaterThan(250);
  expect(first).toBeLessThan(320);
});

it('leaves what a source could not give to the next one', async () => {
  const reporter = recordingReporter();
  await span(reporter, { title: 'all' }, async (handle) => {
    const pace = new EtaEstimator(handle, [100, 50]);
    const refused = pace.during([{ weight: 100 }], () => Promise.reject(new Error('cannot be reached')));
    await expect(refused).rejects.toThrow('cannot be reached');
    await pace.during([{ weight: 100 }, { weight: 50 }], async (tell) => {
      tell({ message: 'built', done: 1, total: 9, remainingMs: 120_000 });
      await vi.advanceTimersByTimeAsync(1000);
    });
  });
  const told = reporter.events.filter((event) => event.type === 'span-progress');
  expect(told.at(-1)).toMatchObject({ done: 1, total: 9, remainingMs: 120_000 });
  expect(told.find(({ total }) => total === 2)).toMatchObject({ done: 0, remainingMs: 150_000 });
  expect(told.some(({ done, total }) => done === 2 && total === 2)).toBe(false);
});
