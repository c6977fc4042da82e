import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { hasCode } from '../../files/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import { exists } from './files.ts';

/**
 * How control groups are mounted. `v1` covers hybrid as well: there the controllers are in v1
 * hierarchies, and the unified one, in which runc makes groups too, has none.
 */
export interface CgroupLayout {
  readonly version: 'v1' | 'v2';
  /** Folders under which a node gets its own folder, one per hierarchy. */
  readonly hierarchies: readonly string[];
}

const mountPoint = '/sys/fs/cgroup';

/** Look at the mounts. Throws KERNEL_UNSUPPORTED when a controller that the kubelet needs is missing. */
export async function cgroupLayout(mountinfo?: string): Promise<CgroupLayout> {
  const mounts = parseMounts(mountinfo ?? (await readFile('/proc/self/mountinfo', 'utf8')));
  const root = mounts.find(({ path, type }) => path === mountPoint && type === 'cgroup2');
  if (root) return { version: 'v2', hierarchies: [mountPoint] };
  const v1 = mounts.filter(({ type }) => type === 'cgroup').map(({ path }) => path);
  const controllers = v1.flatMap((path) => (path.split('/').at(-1) ?? '').split(','));
  const missing = ['cpu', 'cpuset', 'memory', 'pids'].filter((name) => !controllers.includes(name));
  const unified = mounts.filter(({ path, type }) => type === 'cgroup2' && path.startsWith(mountPoint));
  if (missing.length === 0)
    return { version: 'v1', hierarchies: [...v1, ...unified.map(({ path }) => path)] };
  throw new IsthmusError('KERNEL_UNSUPPORTED', `control groups lack ${missing.join(', ')}`, {
    hint: `mount cgroup v2, or the v1 controllers, under ${mountPoint}`,
  });
}

function parseMounts(mountinfo: string): { path: string; type: string }[] {
  return mountinfo
    .trim()
    .split('\n')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      return { path: before.split(' ')[4] ?? '', type: after.split(' ')[0] ?? '' };
    });
}

/** Where the kubelet puts containers, as a path inside each hierarchy. */
export const podsCgroup = (id: string): string => `/isthmus/${id}/pods`;

/** Files that a process writes `0` to, in order to join the node's groups. */
export const joinFiles = (layout: CgroupLayout, id: string): string[] =>
  layout.hierarchies.map((hierarchy) => join(hierarchy, 'isthmus', id, 'system', 'cgroup.procs'));

/** Make the node's groups in every hierarchy; the ones that exist stay. */
export async function ensureCgroups(layout: CgroupLayout, id: string): Promise<void> {
  for (const hierarchy of layout.hierarchies) {
    if (layout.version === 'v2') await enableControllers(hierarchy);
    for (const path of ['isthmus', `isthmus/${id}`, `isthmus/${id}/system`, `isthmus/${id}/pods`]) {
      const group = join(hierarchy, path);
      await mkdir(group, { recursive: true });
      if (path === 'isthmus') await weigh(group, layout);
      if (layout.version === 'v1') await inheritCpuset(group);
      else if (!/(system|pods)$/.test(path)) await enableControllers(group);
    }
  }
}

/**
 * To the kernel the group of all nodes is one competitor for the processor, like each process outside: with ten
 * busy ones beside it, every cluster together would get a tenth. So it weighs as much as four of them.
 */
const weights = { v1: ['cpu.shares', '4096'], v2: ['cpu.weight', '400'] } as const;

async function weigh(group: string, { version }: CgroupLayout): Promise<void> {
  const [file, weight] = weights[version];
  const path = join(group, file);
  if ((await exists(path)) && (await readFile(path, 'utf8')).trim() !== weight) await writeFile(path, weight);
}

/** A v1 cpuset starts empty and then takes no process; the v2 one inherits by itself. */
async function inheritCpuset(group: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const path = join(group, file);
    if (!(await exists(path)) || (await readFile(path, 'utf8')).trim() !== '') continue;
    await writeFile(path, await readFile(join(group, '..', file), 'utf8'));
  }
}

async function enableControllers(group: string): Promise<void> {
  const read = async (file: string) => (await readFile(join(group, file), 'utf8')).trim().split(' ');
  const [available, enabled] = [await read('cgroup.controllers'), await read('cgroup.subtree_control')];
  const wanted = ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb'].filter(
    (name) => available.includes(name) && !enabled.includes(name),
  );
  if (wanted.length === 0) return;
  try {
    await writeFile(join(group, 'cgroup.subtree_control'), wanted.map((name) => `+${name}`).join(' '));
  } catch (cause) {
    throw new IsthmusError(
      'KERNEL_UNSUPPORTED',
      `control group ${group} cannot hand ${wanted} to its children`,
      {
        hint: 'inside a container, move its processes to a child group first, or use the cgroup namespace of the host',
        cause,
      },
    );
  }
}

/** Folders of nodes whose id starts with `prefix`, in all hierarchies. */
export async function cgroupsOf(prefix: string): Promise<string[]> {
  const layout = await cgroupLayout();
  const lists = await Promise.all(
    layout.hierarchies.map(async (hierarchy) => {
      const names = await readdir(join(hierarchy, 'isthmus')).catch(missingIsEmpty);
      return names.filter((name) => name.startsWith(prefix)).map((name) => join(hierarchy, 'isthmus', name));
    }),
  );
  return lists.flat();
}

/** Remove the node's groups with all below; their processes must be ending. */
export async function removeCgroups(id: string, signal: AbortSignal): Promise<void> {
  for (const group of await cgroupsOf(id)) {
    await waitUntil({ what: `control group ${group} to empty`, timeoutMs: 10_000, delayMs: 20, signal }, () =>
      removeTree(group),
    );
    await rmdir(join(group, '..')).catch(ignoreInUse);
  }
}

async function removeTree(group: string): Promise<void> {
  const children = await readdir(group, { withFileTypes: true }).catch(missingIsEmpty);
  for (const child of children) if (child.isDirectory()) await removeTree(join(group, child.name));
  try {
    await rmdir(group);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    if (hasCode(error, 'EBUSY', 'ENOTEMPTY')) throw new NotReady(`${group} still has processes`);
    throw error;
  }
}

function missingIsEmpty(error: unknown): [] {
  if (hasCode(error, 'ENOENT')) return [];
  throw error;
}

/** The parent is shared by all nodes; the last one takes it along. */
function ignoreInUse(error: unknown): void {
  if (!hasCode(error, 'EBUSY', 'ENOTEMPTY', 'ENOENT')) throw error;
}
