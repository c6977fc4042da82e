import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Give a finished draft its name so that even after a power cut there is the whole file or none. */
export async function publish(draft: string, path: string): Promise<void> {
  await sync(draft);
  await rename(draft, path);
  await sync(dirname(path));
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
