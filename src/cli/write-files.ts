import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { IsthmusError } from '../errors/index.ts';
import { readIfThere, writeWhole } from '../files/index.ts';
import { allOf } from '../process/index.ts';

/** What each rendered file has: objects, CloudFormation templates, the note of Secrets. */
const ours =
  /app\.kubernetes\.io\/managed-by: isthmus|"isthmus\.io\/mesh"|^These Secrets hold keys and tokens, so `isthmus up`/m;

/**
 * Write rendered files below a folder, making what is missing; returns their paths. FOLDER_FOREIGN, with nothing
 * written, if one of them is there already and was not rendered, as a README.md may be.
 */
export async function writeFiles(
  folder: string,
  files: readonly { path: string; content: string }[],
): Promise<string[]> {
  const targets = files.map(({ path, content }) => ({ path: join(folder, path), content }));
  const there = await allOf(targets.map(async ({ path }) => ({ path, text: await readIfThere(path) })));
  const foreign = there.filter(({ text = '' }) => text.trim() !== '' && !ours.test(text));
  if (foreign.length > 0)
    throw new IsthmusError('FOLDER_FOREIGN', `${folder} has files that isthmus did not render`, {
      hint: 'nothing was written: name another folder, or move them away',
      problems: foreign.map(({ path }) => ({ message: `${path} would be overwritten` })),
    });
  return allOf(
    targets.map(async ({ path, content }) => {
      await mkdir(dirname(path), { recursive: true });
      await writeWhole(path, content, { mode: 0o644 });
      return path;
    }),
  );
}
