import { rm } from 'node:fs/promises';
import { Bed, localMesh } from './bed.ts';

/**
 * Bring a mesh of this name up once for all files of a project; take it down at the end, unless
 * ISTHMUS_KEEP_BED names the folder in which it stays.
 */
export async function bringUpSharedBed(name: string): Promise<() => Promise<void>> {
  const kept = process.env['ISTHMUS_KEEP_BED'];
  const bed = kept ? new Bed(name, kept) : new Bed(name);
  await bed.write(localMesh(name, 2));
  const up = await bed.isthmus(['up', '--events', 'plain'], { timeoutMs: 900_000 });
  process.stdout.write(`${up.stderr}\n${up.stdout}\n`);
  if (up.exitCode !== 0) throw new Error(`the bed did not come up: exit code ${up.exitCode}`);
  const contexts = await bed.isthmus(['contexts']);
  if (contexts.exitCode !== 0) throw new Error(contexts.stderr);
  process.env['ISTHMUS_E2E_BED'] = bed.folder;
  return async () => {
    if (kept) return;
    const down = await bed.isthmus(['down']);
    if (down.exitCode !== 0) throw new Error(`the bed did not go down: ${down.stderr}${down.stdout}`);
    await rm(bed.folder, { recursive: true });
  };
}
