import { readdir, readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { meshPaths } from '../../../src/local/host/paths.ts';

/**
 * Everything of the kernel and the file system that the local mesh of this name has, as sorted lines.
 * Other meshes may come and go meanwhile: all that is a mesh's own carries its id or its folder.
 */
export async function kernelObjects(mesh: string): Promise<string[]> {
  const { id, dir } = meshPaths(mesh);
  const groups = await Promise.all([
    lines('ip', ['netns', 'list']),
    lines('ip', ['-o', 'link']),
    lines('ip', ['route']),
    lines('ip', ['-6', 'route']),
    lines('nft', ['list', 'tables']),
    lines('findmnt', ['-rno', 'TARGET']),
    lines('find', ['/sys/fs/cgroup', '-maxdepth', '3', '-type', 'd', '-path', '*/isthmus/*']),
    lines('find', ['/var/lib/isthmus', '-maxdepth', '2']),
    nodesWithProcesses(),
  ]);
  const own = groups.flat().filter((line) => line.includes(id) || `${line}/`.includes(`${dir}/`));
  return [...new Set(own)].sort();
}

async function lines(command: string, args: readonly string[]): Promise<string[]> {
  const { stdout } = await execa(command, [...args], { reject: false });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => `${command} ${args[0]}: ${line.trim()}`);
}

/** Nodes that a live process belongs to, by its control group or by the run directory in its arguments. */
async function nodesWithProcesses(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(nodesOf));
  return found.flat().map((node) => `process of ${node}`);
}

async function nodesOf(pid: string): Promise<string[]> {
  // A process may end between being listed and being read.
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  const [cgroup, args] = await Promise.all([read('cgroup'), read('cmdline')]);
  if (args === '') return [];
  const groups = [...cgroup.matchAll(/\/isthmus\/[^/\n]+/g)].map(([path]) => path);
  const folders = /vitest|main\.js/.test(args)
    ? []
    : [...args.matchAll(/\/var\/lib\/isthmus\/[^/]+\/[^/\0]+/g)].map(([path]) => path);
  return [...groups, ...folders];
}
