import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { hasCode } from '../../files/index.ts';
import { entriesOf, localFileError, readIfThere, readJson, writeIfChanged } from './files.ts';
import type { MeshPaths } from './paths.ts';

/**
 * A folder that isthmus made bears this file. Only such a folder is ever taken for a mesh or a cluster,
 * or removed with all that is in it: the run directory may be set to any folder of the machine.
 */
const mark = '.isthmus';
const markText = 'This folder was made by isthmus, which removes it with all that is in it\n';

/** What a mark's writing leaves when it is cut short. */
const isMarkOrDraft = (name: string): boolean => /^\.isthmus(\.[0-9a-f]{12}\.draft)?$/.test(name);

/** `former` is a file by which a folder of earlier versions, which left no mark, is known. */
export async function isOwnFolder(dir: string, former: string): Promise<boolean> {
  return (
    (await readIfThere(join(dir, mark))) !== undefined || (await readIfThere(join(dir, former))) !== undefined
  );
}

/** Make the folder, or take an empty one, and mark it. Throws FOLDER_FOREIGN if others have things in it. */
export async function claimFolder(dir: string, former: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw localFileError(error, dir);
  });
  if (!(await isOwnFolder(dir, former)) && !(await isEmptyFolder(dir)))
    throw new IsthmusError('FOLDER_FOREIGN', `${dir} has files that isthmus did not make`, {
      hint: 'set ISTHMUS_RUN_DIR to a folder of its own, or name mesh or cluster otherwise',
    });
  await writeIfChanged(join(dir, mark), markText);
}

/** Nothing is in it, save what an interrupted claim leaves. */
export const isEmptyFolder = async (dir: string): Promise<boolean> =>
  (await entriesOf(dir)).every(({ name }) => isMarkOrDraft(name));

/** Remove the folder with all that is in it, if it is isthmus's or empty; any other stays as it is. */
export async function removeOwnFolder(dir: string, former: string): Promise<void> {
  if (!(await isOwnFolder(dir, former)) && !(await isEmptyFolder(dir))) return;
  // The mark goes last: a removal that is cut short can be repeated.
  for (const { name } of await entriesOf(dir))
    if (name !== mark) await rm(join(dir, name), { recursive: true, force: true });
  await rm(join(dir, mark), { force: true });
  await rmdir(dir).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw localFileError(error, dir);
  });
}

/** Is the mesh's folder isthmus's? Those of earlier versions are known by a record that names this mesh. */
export async function isOwnMeshFolder(paths: MeshPaths): Promise<boolean> {
  if ((await readIfThere(join(paths.dir, mark))) !== undefined) return true;
  const record = await readJson<{ bridge?: unknown }>(paths.record);
  return record?.bridge === paths.bridge;
}

/** As {@link claimFolder}, for the folder of a mesh. */
export async function claimMeshFolder(paths: MeshPaths): Promise<void> {
  if (await isOwnMeshFolder(paths)) await writeIfChanged(join(paths.dir, mark), markText);
  else await claimFolder(paths.dir, mark);
}

/** Remove what the mesh itself has in its folder; names of what others put there, which stays with it. */
export async function removeMeshFolder(paths: MeshPaths): Promise<string[]> {
  if (!(await isOwnMeshFolder(paths)) && !(await isEmptyFolder(paths.dir))) return [];
  const own = ({ name }: { name: string }) =>
    isMarkOrDraft(name) || /^mesh\.json(\.[0-9a-f]{12}\.draft)?$/.test(name);
  const entries = await entriesOf(paths.dir);
  const left = entries.filter((entry) => !own(entry)).map(({ name }) => name);
  for (const { name } of entries.filter(own))
    if (name !== mark) await rm(join(paths.dir, name), { force: true });
  await rm(join(paths.dir, mark), { force: true });
  if (left.length > 0) return left.sort();
  await rmdir(paths.dir).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw localFileError(error, paths.dir);
  });
  return [];
}
