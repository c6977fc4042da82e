import { readdir, readFile } from 'node:fs/promises';
import { execa } from 'execa';

/**
 * Everything of the kernel and the file system that a local mesh could leave behind, as sorted
 * lines. Processes are told by node, not by id, as those of other meshes come and go.
 */
export async function kernelObjects(): Promise<string[]> {
  const groups = await Promise.all([
    lines('ip', ['netns', 'list'], (line) => line.split(' ')[0]),
    lines('ip', ['-o', 'link'], (line) => line.split(': ')[1]?.split('@')[0]),
    lines('ip', ['route']),
    lines('ip', ['-6', 'route']),
    lines('nft', ['list', 'tables']),
    lines('findmnt', ['-rno', 'TARGET']),
    lines('find', ['/sys/fs/cgroup', '-maxdepth', '3', '-type', 'd', '-path', '*/isthmus/*']),
    lines('find', ['/var/lib/isthmus', '-maxdepth', '2']),
    nodesWithProcesses(),
  ]);
  return [...new Set(groups.flat())].sort();
}

async function lines(
  command: string,
  args: readonly string[],
  keep: (line: string) => string | undefined = (line) => line,
): Promise<string[]> {
  const { stdout } = await execa(command, [...args], { reject: false });
  const kept = stdout.split('\n').map((line) => keep(line)?.trim());
  return kept.filter(Boolean).map((line) => `${command} ${args[0]}: ${line}`);
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
