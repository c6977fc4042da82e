import { readdir } from 'node:fs/promises';
import { execa } from 'execa';

/** Everything of the kernel and the file system that a local mesh could leave behind, as sorted lines. */
export async function kernelObjects(): Promise<string[]> {
  const lines = async (
    command: string,
    args: readonly string[],
    keep: (line: string) => string = (line) => line,
  ) => {
    const { stdout } = await execa(command, [...args], { reject: false });
    return stdout
      .split('\n')
      .map(keep)
      .filter(Boolean)
      .map((line) => `${command}: ${line.trim()}`);
  };
  const groups = await Promise.all([
    lines('ip', ['netns', 'list'], (line) => line.split(' ')[0] ?? ''),
    lines('ip', ['-o', 'link'], (line) => line.split(': ')[1]?.split('@')[0] ?? ''),
    lines('ip', ['route']),
    lines('nft', ['list', 'tables']),
    lines('findmnt', ['-rno', 'TARGET']),
    lines('find', ['/sys/fs/cgroup', '-type', 'd', '-name', '*isthmus*']),
    lines('ps', ['-eo', 'args'], (line) =>
      /isthmus|containerd|kube|etcd|runsv/.test(line) &&
      !/vitest|esbuild|npm|main\.js (down|up)|ps -eo/.test(line)
        ? line
        : '',
    ),
    readdir('/var/lib/isthmus').catch(() => []),
  ]);
  return groups.flat().sort();
}
