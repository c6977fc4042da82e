import { afterAll, describe, expect, it } from 'vitest';
import { Bed, complaints } from '../e2e/bed.ts';
import { downLeavesNothing, killedUp } from '../e2e/support/interrupted.ts';

describe('an up that is killed on an empty machine', { timeout: 600_000 }, () => {
  const bed = new Bed('killed');
  afterAll(() => bed.isthmus(['down']));

  it.each([300, 800, 1500, 2500, 4000, 6000, 9000, 13_000, 18_000, 24_000])(
    'after %i ms converges when repeated, and down leaves nothing',
    async (moment) => {
      await killedUp(bed, moment);
      const again = await bed.isthmus(['up', '--wait', '120']);
      expect(again.exitCode, `${again.stderr}${again.stdout}`).toBe(0);
      expect(complaints(await bed.check(['traffic']))).toEqual([]);
      await downLeavesNothing(bed);
    },
  );
});
