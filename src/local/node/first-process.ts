import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import { ensureLimits } from '../host/cgroup-limits.ts';
import { ensureCgroups, joinFiles } from '../host/cgroups.ts';
import { readIfThere, writeIfChanged } from '../host/files.ts';
import { withLock } from '../host/lock.ts';
import { meshLock } from '../host/mesh-network.ts';
import { type NodeProcess, processesIn } from '../host/namespace-processes.ts';
import type { NodePaths } from '../host/paths.ts';
import type { NodeSpec } from './node-spec.ts';
import { initScript, nodeEnvironment } from './supervision.ts';

/** The first process of the node's PID namespace, if it runs. */
export async function firstProcess(paths: NodePaths): Promise<NodeProcess | undefined> {
  return (await processesIn(paths.netnsPath)).find(({ first }) => first);
}

/** Start the node's PID and mount namespaces unless they run; true if it did. Throws NODE_FAILED. */
export async function ensureFirstProcess(plan: NodeSpec, signal: AbortSignal): Promise<boolean> {
  const { paths, cgroups } = plan;
  await ensureCgroups(cgroups, paths.id);
  await ensureLimits(cgroups, paths.id);
  if (await firstProcess(paths)) return false;
  await endProcesses(paths, signal);
  const script = join(paths.dir, 'init');
  await writeIfChanged(script, initScript(plan, joinFiles(cgroups, paths.id)), 0o700);
  await mkdir(join(paths.dir, 'log'), { recursive: true, mode: 0o700 });
  launch(plan, script);
  await waitUntil(
    {
      what: `the first process of ${paths.cluster}`,
      timeoutMs: 10_000,
      delayMs: 10,
      signal,
    },
    async () => supervising(paths),
  ).catch(async (cause: unknown) => {
    if (signal.aborted) throw cause;
    const said = (await readIfThere(initLog(paths)))?.trim().split('\n').at(-1);
    throw new IsthmusError(
      'NODE_FAILED',
      `the first process of ${paths.cluster} did not start: ${said || 'it said nothing'}`,
      {
        hint: 'network, mount and PID namespaces must be allowed on this machine',
        cause,
      },
    );
  });
  return true;
}

const initLog = (paths: NodePaths) => join(paths.dir, 'log', 'init.log');

async function supervising(paths: NodePaths): Promise<void> {
  const first = await firstProcess(paths);
  if (first?.name !== 'runsvdir') throw new NotReady(`${first?.name ?? 'nothing'} runs`);
}

/** Detached: the node outlives this process. */
function launch({ paths, toolchain }: NodeSpec, script: string): void {
  const log = openSync(initLog(paths), 'w', 0o600);
  const unshare = [
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--mount-proc',
    '--propagation',
    'private',
    script,
  ];
  const child = spawn('nsenter', [`--net=${paths.netnsPath}`, ...unshare], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: nodeEnvironment(toolchain.bin),
  });
  // The missing program shows as a node that does not start, with what was said in its log.
  child.on('error', () => {});
  child.unref();
  closeSync(log);
}

/**
 * Kill everything in the node's network namespace; the kernel ends the PID namespace with its first
 * process. Under the mesh's lock, as a cluster that starts or ends enters the namespaces of all others.
 */
export async function endProcesses(paths: NodePaths, signal: AbortSignal): Promise<void> {
  if ((await processesIn(paths.netnsPath)).length === 0) return;
  await withLock(meshLock(paths.mesh), () => killProcesses(paths, signal), { signal });
}

async function killProcesses(paths: NodePaths, signal: AbortSignal): Promise<void> {
  await waitUntil(
    { what: `the processes of ${paths.cluster} to end`, timeoutMs: 15_000, delayMs: 20, signal },
    async () => {
      const processes = await processesIn(paths.netnsPath);
      if (processes.length === 0) return;
      const first = processes.find((one) => one.first);
      for (const { pid } of first ? [first] : processes) kill(pid);
      throw new NotReady(`${processes.length} still run`);
    },
  );
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
