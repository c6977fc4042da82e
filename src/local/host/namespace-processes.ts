import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { hasCode } from '../../files/index.ts';

/** A process that has something of a node: its network namespace or its control groups. */
export interface NodeProcess {
  readonly pid: number;
  readonly name: string;
  /** True for the first process of the node's PID namespace; its end is the end of the node. */
  readonly first: boolean;
}

/** Identity of a named network namespace, or undefined when nothing is mounted there. */
export async function netnsIdentity(path: string): Promise<string | undefined> {
  try {
    const { ino } = await stat(path);
    return `net:[${ino}]`;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Processes in a network namespace that run on this machine, from /proc alone. */
export async function processesIn(netnsPath: string): Promise<NodeProcess[]> {
  const identity = await netnsIdentity(netnsPath);
  if (!identity) return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => ((await netOf(pid)) === identity ? describeProcess(pid) : undefined)),
  );
  return found.filter((one) => one !== undefined);
}

async function netOf(pid: number): Promise<string | undefined> {
  try {
    return await readlink(`/proc/${pid}/ns/net`);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH', 'EACCES')) return undefined;
    throw error;
  }
}

async function describeProcess(pid: number): Promise<NodeProcess | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
    if (field('State').startsWith('Z')) return undefined;
    const depths = field('NSpid').split(/\s+/);
    return { pid, name: field('Name'), first: depths.length > 1 && depths.at(-1) === '1' };
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}
