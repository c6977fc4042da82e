import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { IsthmusError, messageOf } from '../../errors/index.ts';
import { defaultTopology } from '../default-topology.ts';
import type { Topology } from '../types.ts';
import { parseTopology } from './parse.ts';

/** Read in the working folder where no path is given. */
export const defaultMeshFile = 'mesh.yaml';
const MAX_BYTES = 1024 * 1024;

/**
 * Read the mesh file at `path`, or mesh.yaml of the working folder, which may be absent: then it is two
 * local clusters. Throws MESH_FILE_MISSING, MESH_FILE_UNREADABLE and what {@link parseTopology} throws.
 */
export async function loadTopology(path?: string): Promise<Topology> {
  const file = path ?? defaultMeshFile;
  const found = await statsOf(file);
  if (found) return parseTopology(await readText(file, found), file);
  if (path === undefined) return defaultTopology();
  throw new IsthmusError('MESH_FILE_MISSING', `there is no file ${path}`, {
    where: { file },
    hint: `write one with isthmus init -f ${path}, or correct the path`,
  });
}

async function statsOf(file: string): Promise<Stats | undefined> {
  try {
    return await stat(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(file, messageOf(cause), { cause });
  }
}

async function readText(file: string, found: Stats): Promise<string> {
  if (found.isDirectory())
    throw unreadable(file, 'it is a folder', {
      hint: `name the file in it, for instance ${file}/${defaultMeshFile}`,
    });
  if (found.size > MAX_BYTES) throw tooLarge(file, found.size);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw unreadable(file, messageOf(cause), { cause });
  });
  if (bytes.length > MAX_BYTES) throw tooLarge(file, bytes.length);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unreadable(file, 'it is not UTF-8 text', { hint: 'save it as UTF-8', cause });
  }
}

const tooLarge = (file: string, size: number) =>
  unreadable(file, `it has ${size} bytes, more than ${MAX_BYTES}`, {
    hint: 'a mesh file is small; is this the right one?',
  });

const unreadable = (file: string, why: string, options: { hint?: string; cause?: unknown }) =>
  new IsthmusError('MESH_FILE_UNREADABLE', `cannot read ${file}: ${why}`, {
    where: { file },
    hint: 'let this user read it, or correct the path',
    ...options,
  });
