import { access, readFile, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '../../files/index.ts';
import type { CgroupLayout } from './cgroups.ts';
import { localFileError } from './files.ts';

/** What a node may take of the machine: bytes of memory, and processes and threads. */
export interface NodeLimits {
  readonly memory: number;
  readonly tasks: number;
}

/** The whole machine, as shares are taken of it. */
const machineLimits = async (): Promise<NodeLimits> => {
  const files = ['/proc/sys/kernel/pid_max', '/proc/sys/kernel/threads-max'];
  const counts = await Promise.all(files.map(async (file) => Number(await readFile(file, 'utf8'))));
  return { memory: totalmem(), tasks: Math.min(...counts) };
};

/**
 * A node's group and, within it, its pods: they reach their limit first, so that a leaking pod is ended
 * before a program of its node is, and the machine itself keeps room in any case.
 */
const shares = { '.': { memory: 0.8, tasks: 0.5 }, pods: { memory: 0.7, tasks: 0.4 } } as const;

const filesOf = {
  v1: { memory: 'memory.limit_in_bytes', tasks: 'pids.max' },
  v2: { memory: 'memory.max', tasks: 'pids.max' },
} as const;

/** The kernel keeps whole pages, the largest of which are 64 KiB, and what it keeps is compared. */
const wholeUnits = (value: number, kind: keyof NodeLimits): number =>
  kind === 'memory' ? Math.floor(value / 65_536) * 65_536 : Math.floor(value);

interface LimitFile {
  readonly path: string;
  readonly value: number;
}

/** The files that hold a node's limits, in the hierarchies that have them. */
export async function limitFiles(
  layout: CgroupLayout,
  id: string,
  machine?: NodeLimits,
): Promise<LimitFile[]> {
  const whole = machine ?? (await machineLimits());
  const wanted = layout.hierarchies.flatMap((hierarchy) =>
    Object.entries(shares).flatMap(([group, share]) =>
      (['memory', 'tasks'] as const).map((kind) => ({
        path: join(hierarchy, 'isthmus', id, group, filesOf[layout.version][kind]),
        value: wholeUnits(whole[kind] * share[kind], kind),
      })),
    ),
  );
  const present = await Promise.all(wanted.map(({ path }) => exists(path)));
  return wanted.filter((_, at) => present[at]);
}

/** Set a node's limits; its groups exist. */
export async function ensureLimits(layout: CgroupLayout, id: string): Promise<void> {
  for (const { path, value } of await limitFiles(layout, id)) {
    if ((await readFile(path, 'utf8')).trim() === String(value)) continue;
    await writeFile(path, String(value)).catch((error: unknown) => {
      throw localFileError(error, path);
    });
  }
}

/** Whether a node has its limits, where its groups exist. */
export async function limitsHold(layout: CgroupLayout, id: string): Promise<boolean> {
  const files = await limitFiles(layout, id);
  const values = await Promise.all(files.map(({ path }) => readFile(path, 'utf8')));
  return files.every(({ value }, at) => values[at]?.trim() === String(value));
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw localFileError(error, path);
  }
}
