import { afterAll, describe, expect, it } from 'vitest';
import { Bed, complaints } from './bed.ts';
import { downLeavesNothing, killedUp } from './support/interrupted.ts';
import { kernelObjects } from './support/kernel-objects.ts';

describe('an up that is killed', { timeout: 600_000 }, () => {
  const bed = new Bed('killed');
  afterAll(() => bed.isthmus(['down']));

  it('is gone on with by the next, which is killed later; the last converges, and down leaves nothing', async () => {
    for (const moment of [300, 1500, 4000, 7000, 12_000, 18_000]) await killedUp(bed, moment);
    const again = await bed.isthmus(['up', '--wait', '120']);
    expect(again.exitCode, `${again.stderr}${again.stdout}`).toBe(0);
    expect(complaints(await bed.check(['traffic']))).toEqual([]);
    expect(await kernelObjects(bed.name)).not.toEqual([]);
    await downLeavesNothing(bed);
  });

  it.each([800, 2500, 6000, 13_000, 24_000])(
    'after %i ms is taken away by down, which leaves nothing',
    async (moment) => {
      await killedUp(bed, moment);
      await downLeavesNothing(bed);
    },
  );
});
