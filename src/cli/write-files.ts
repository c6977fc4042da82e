import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Write files below a folder, making what is missing; returns their paths. */
export async function writeFiles(
  folder: string,
  files: readonly { path: string; content: string }[],
): Promise<string[]> {
  return Promise.all(
    files.map(async ({ path, content }) => {
      const target = join(folder, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
      return target;
    }),
  );
}
