import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { Bed, complaints, localMesh } from './bed.ts';
import { kernelObjects } from './support/kernel-objects.ts';

/** The launcher becomes the CLI by exec, so this kills the CLI itself. */
async function killedUp(bed: Bed, moment: number): Promise<void> {
  await bed.write(localMesh(bed.name, 2));
  const up = bed.start(['up']);
  await delay(moment);
  up.kill('SIGKILL');
  await up;
}

async function downLeavesNothing(bed: Bed): Promise<void> {
  const down = await bed.isthmus(['down']);
  expect(down.exitCode, `${down.stderr}${down.stdout}`).toBe(0);
  expect(await kernelObjects(bed.name)).toEqual([]);
}

describe('an up that is killed', { timeout: 600_000 }, () => {
  const bed = new Bed('killed');
  afterAll(() => bed.isthmus(['down']));

  it.each([300, 1500, 4000, 9000, 18_000])(
    'after %i ms converges when repeated, and down leaves nothing',
    async (moment) => {
      await killedUp(bed, moment);
      const again = await bed.isthmus(['up', '--wait', '120']);
      expect(again.exitCode, `${again.stderr}${again.stdout}`).toBe(0);
      expect(complaints(await bed.check(['traffic']))).toEqual([]);
      expect(await kernelObjects(bed.name)).not.toEqual([]);
      await downLeavesNothing(bed);
    },
  );

  it.each([800, 2500, 6000, 13_000, 24_000])(
    'after %i ms is taken away by down, which leaves nothing',
    async (moment) => {
      await killedUp(bed, moment);
      await downLeavesNothing(bed);
    },
  );
});
