import { mkdir } from 'node:fs/promises';
import { lock } from 'proper-lockfile';
import { IsthmusError } from '../errors/index.ts';
import { NotReady, waitUntil } from '../process/index.ts';
import { note, type Reporter } from '../report/index.ts';

/** A lock whose holder died is taken over after this long. Milliseconds. */
const stale = 15_000;

/**
 * Run `work` as the only one that fills this cache folder. A second isthmus waits and says so; what
 * the first one finished is there when its turn comes.
 */
export async function withCacheLock<T>(
  folder: string,
  context: { reporter: Reporter; signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true });
  let told = false;
  const release = await waitUntil(
    { what: `the lock of ${folder}`, timeoutMs: 3_600_000, signal: context.signal, delayMs: 250 },
    async () => {
      try {
        return await lock(folder, { stale, update: 3000, realpath: false, onCompromised: () => {} });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
        if (!told)
          note(
            context.reporter,
            'info',
            'TOOLCHAIN_WAITING',
            'another isthmus fills the toolchain cache; waiting for it',
          );
        told = true;
        throw new NotReady('another isthmus holds it');
      }
    },
  );
  try {
    return await work();
  } finally {
    await release().catch((error: unknown) => {
      throw new IsthmusError('LOCK_HELD', `the lock of ${folder} was lost while it was held`, {
        hint: 'run the command again',
        cause: error,
      });
    });
  }
}
