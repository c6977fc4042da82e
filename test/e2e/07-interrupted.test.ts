import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { Bed, complaints, localMesh } from './bed.ts';
import { kernelObjects } from './kernel-objects.ts';

const moments = [300, 800, 1500, 2500, 4000, 6000, 9000, 13_000, 18_000, 24_000];

describe('an up that is killed', () => {
  const bed = new Bed('killed');
  afterAll(() => bed.isthmus(['down']));

  it.each(moments)(
    'after %i ms converges when repeated, and down leaves nothing',
    { timeout: 600_000 },
    async (moment) => {
      const before = await kernelObjects();
      await bed.write(localMesh('killed', 2));
      const first = bed.start(['up']);
      await delay(moment);
      // The launcher has become the CLI by exec, so this is the CLI itself.
      first.kill('SIGKILL');
      await first;
      const again = await bed.isthmus(['up', '--wait', '120']);
      expect(again.exitCode, `${again.stderr}${again.stdout}`).toBe(0);
      expect(complaints(await bed.check(['traffic']))).toEqual([]);
      const down = await bed.isthmus(['down']);
      expect(down.exitCode, `${down.stderr}${down.stdout}`).toBe(0);
      expect(await kernelObjects()).toEqual(before);
    },
  );
});
