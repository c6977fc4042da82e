import { expect, it } from 'vitest';
import { RunningDrill, type RunningDrillOptions } from '../../../src/drills/frame/running-drill.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { asked, marked } from './drill-context.ts';

/** A drill that may lose two requests of a caller that lost so many, each in its own second after the first mark. */
function drillOf(lost: number, { lossesWanted = false, mark = 0 } = {}): RunningDrill {
  const records = Array.from({ length: lost }, (_, at) => asked('eks-1', { at: at + 1 }));
  const answers = {
    callers: [{ from: 'eks-1', records, marks: marked(['baseline', mark]) }],
    alive: () => {},
    learn: async () => {},
  };
  return new RunningDrill({
    settings: { maxLost: 2 },
    answers,
    journal: { reachable: [], requireHeld: async () => {} },
    drill: { lossesWanted },
    reporter: silentReporter,
    signal: AbortSignal.timeout(60_000),
  } as unknown as RunningDrillOptions);
}

it('is ended when a caller lost more requests than may be lost', async () => {
  await expect(drillOf(3).watch(0)).rejects.toMatchObject({
    code: 'DRILL_BROKEN_OFF',
    message: 'eks-1: 3 requests were lost, more than 2',
    hint: expect.stringContaining('--max-lost'),
  });
});

it('goes on with as many as may be lost, and with more of them before anything was measured', async () => {
  await drillOf(2).watch(0);
  await drillOf(5, { mark: 4 }).watch(0);
});

it('goes on where requests are to be refused', async () => {
  await drillOf(9, { lossesWanted: true }).watch(0);
});
