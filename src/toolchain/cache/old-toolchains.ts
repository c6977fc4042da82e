import { readdir, readlink, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { usedFile } from '../ensure-toolchain.ts';
import { cacheRoot, toolchainFolder } from './folders.ts';

/**
 * Remove the caches of other versions that were not used for `days` and of which nothing runs;
 * returns their folders.
 */
export async function removeOldToolchains({ days = 30 }: { days?: number } = {}): Promise<string[]> {
  const root = join(cacheRoot(), 'toolchain');
  const running = await runningPrograms();
  const removed: string[] = [];
  for (const name of await foldersOf(root)) {
    const folder = join(root, name);
    const recent = Date.now() - (await lastUse(folder)) < days * 86_400_000;
    const busy = running.some((program) => program.startsWith(`${folder}/`));
    if (folder === toolchainFolder() || recent || busy) continue;
    await rm(folder, { recursive: true, force: true });
    removed.push(folder);
  }
  return removed;
}

async function foldersOf(root: string): Promise<string[]> {
  try {
    return await readdir(root);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Milliseconds since the epoch; of a folder that was never finished, when it last changed. */
async function lastUse(folder: string): Promise<number> {
  const { mtimeMs } = await stat(usedFile(folder)).catch(() => stat(folder));
  return mtimeMs;
}

/** Paths of every program that runs on this machine, as far as we may see them. */
async function runningPrograms(): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // A process may end between the two looks, and a stranger's cannot be read.
  const links = ids.map((id) => readlink(`/proc/${id}/exe`).catch(() => ''));
  return (await Promise.all(links)).filter(Boolean);
}
