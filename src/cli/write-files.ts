import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { allOf } from '../process/index.ts';

/** Write files below a folder, making what is missing; returns their paths. */
export async function writeFiles(
  folder: string,
  files: readonly { path: string; content: string }[],
): Promise<string[]> {
  return allOf(
    files.map(async ({ path, content }) => {
      const target = join(folder, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
      return target;
    }),
  );
}
