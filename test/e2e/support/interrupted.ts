import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Bed, localMesh } from '../bed.ts';
import { kernelObjects } from './kernel-objects.ts';

/** Kill -9 an `up` of two clusters after so many ms: the launcher becomes the CLI by exec, so this kills the CLI itself. */
export async function killedUp(bed: Bed, moment: number): Promise<void> {
  await bed.write(localMesh(bed.name, 2));
  const up = bed.start(['up']);
  await delay(moment);
  up.kill('SIGKILL');
  await up;
}

export async function downLeavesNothing(bed: Bed): Promise<void> {
  const down = await bed.isthmus(['down']);
  expect(down.exitCode, `${down.stderr}${down.stdout}`).toBe(0);
  expect(await kernelObjects(bed.name)).toEqual([]);
}
