import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const root = fileURLToPath(new URL('..', import.meta.url));
const ticksPerSecond = 100;

/** What one command took: seconds by the clock, seconds of CPU with its children, and MiB at its peak. */
export interface Took {
  readonly seconds: number;
  readonly cpu: number;
  readonly peakMiB: number;
}

export interface Where {
  /** The mesh file. */
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Run isthmus on a mesh. Throws, with what it said, unless it ends with 0. */
export function isthmus({ file, env }: Where, ...args: string[]) {
  return execa('./isthmus', ['-f', file, ...args], { cwd: root, env, stdin: 'ignore' });
}

export interface MeasureOptions {
  /** Exit codes by which the command did what it was meant to; 0 alone if left out. */
  readonly exitCodes?: readonly number[];
  /** Throws if what was printed is not what the command was meant to do. */
  readonly verify?: (stdout: string) => void;
}

/** Run a command of isthmus and measure it. Throws if it did not do what it was meant to. */
export async function measure(
  where: Where,
  args: readonly string[],
  { exitCodes = [0], verify }: MeasureOptions = {},
): Promise<Took> {
  const started = performance.now();
  const running = execa('./isthmus', ['-f', where.file, ...args], {
    cwd: root,
    env: where.env,
    stdin: 'ignore',
    reject: false,
  });
  const used = { cpu: 0, peakMiB: 0 };
  // Node tells nothing of what a child used, and what the kernel tells ends with the process.
  const looking = setInterval(() => void look(running.pid, used), 20);
  const { exitCode, stdout, stderr } = await running;
  clearInterval(looking);
  const seconds = (performance.now() - started) / 1000;
  if (exitCode === undefined || !exitCodes.includes(exitCode))
    throw new Error(
      `isthmus ${args.join(' ')} ended with ${exitCode}:\n${ending(stdout)}\n${ending(stderr)}`,
    );
  verify?.(stdout);
  return { seconds, ...used };
}

const ending = (text: string): string => text.split('\n').slice(-40).join('\n').slice(-4000);

async function look(pid: number | undefined, used: { cpu: number; peakMiB: number }): Promise<void> {
  try {
    const [stat = '', status = ''] = await Promise.all(
      ['stat', 'status'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')),
    );
    const times = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15);
    used.cpu = times.reduce((sum, field) => sum + Number(field), 0) / ticksPerSecond;
    const [, kib = 0] = /VmHWM:\s+(\d+)/.exec(status) ?? [];
    used.peakMiB = Math.max(used.peakMiB, Number(kib) / 1024);
  } catch (error) {
    // It has ended between two looks.
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
