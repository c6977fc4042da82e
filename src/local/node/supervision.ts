import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run, shellWord } from '../../process/index.ts';
import { entriesOf, readIfThere, writeIfChanged } from '../host/files.ts';
import type { NodePaths } from '../host/paths.ts';
import { apiPort } from './kubeconfigs.ts';
import { containerdSocket, etcdSocket, type Service } from './node-processes.ts';
import type { NodeSpec } from './node-spec.ts';

export const servicesDir = (paths: NodePaths): string => join(paths.dir, 'services');
export const logDir = (paths: NodePaths, service: string): string => join(paths.dir, 'log', service);

const quoted = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : shellWord(argument);

const waits = {
  etcd: `until [ -S ${etcdSocket} ]; do sleep 0.05; done\n`,
  api: `until busybox nc -w 1 127.0.0.1 ${apiPort} </dev/null >/dev/null 2>&1; do sleep 0.2; done\n`,
  containerd: `until [ -S ${containerdSocket} ]; do sleep 0.1; done\n`,
};

/**
 * The first process and every service run with this environment only: a caller's variables, which
 * may hold credentials, do not reach the node.
 */
export const nodeEnvironment = (bin: string): Record<string, string> => ({
  PATH: `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
  HOME: '/root',
  LANG: 'C.UTF-8',
});

/** With its supervisor's death the service dies too: the next supervisor starts it on free ports. */
function runScript({ after, command }: Service): string {
  const wait = after?.map((what) => waits[what]).join('') ?? '';
  const line = ['setpriv', '--pdeathsig', 'KILL', '--', ...command].map(quoted).join(' ');
  return `#!/bin/sh\nexec 2>&1\n${wait}exec ${line}\n`;
}

/** Five files of a megabyte at most, so that no log ever fills the disk. */
const logConfig = 's1000000\nn4\n';
const logScript = (folder: string) =>
  `#!/bin/sh\nexec setpriv --pdeathsig KILL -- svlogd ${quoted(folder)}\n`;

/** Write the service folders; names of the services whose command differs from before. */
export async function writeServices(paths: NodePaths, services: readonly Service[]): Promise<Set<string>> {
  const changed = new Set<string>();
  for (const service of services) {
    const dir = join(servicesDir(paths), service.name);
    const log = logDir(paths, service.name);
    await mkdir(log, { recursive: true, mode: 0o700 });
    await writeIfChanged(join(log, 'config'), logConfig);
    await writeIfChanged(join(dir, 'log', 'run'), logScript(log), 0o700);
    if (await writeIfChanged(join(dir, 'run'), runScript(service), 0o700)) changed.add(service.name);
  }
  await removeUnknown(paths, services);
  return changed;
}

/** runsvdir ends a service whose folder is gone. */
async function removeUnknown(paths: NodePaths, services: readonly Service[]): Promise<void> {
  const known = new Set(services.map(({ name }) => name));
  for (const name of await readdir(servicesDir(paths)))
    if (!known.has(name)) await rm(join(servicesDir(paths), name), { recursive: true, force: true });
}

/** Is every service folder as it should be? Touches nothing. */
export async function servicesMatch(paths: NodePaths, services: readonly Service[]): Promise<boolean> {
  const scripts = await Promise.all(
    services.map(({ name }) => readIfThere(join(servicesDir(paths), name, 'run'))),
  );
  return services.every((service, at) => scripts[at] === runScript(service));
}

/** End a service's process; its supervisor starts it again at once with what is on disk now. */
export async function restartService(paths: NodePaths, name: string, signal: AbortSignal): Promise<void> {
  await run('sv', ['term', join(servicesDir(paths), name)], { signal, allowFailure: true });
}

/** As {@link restartService} for a process that hangs: it would not hear the signal that asks it to end. */
export async function killService(paths: NodePaths, name: string, signal: AbortSignal): Promise<void> {
  await run('sv', ['kill', join(servicesDir(paths), name)], { signal, allowFailure: true });
}

/** End a service at once; its supervisor starts it no more until {@link startService}. */
export async function stopService(paths: NodePaths, name: string, signal: AbortSignal): Promise<void> {
  await run('sv', ['down', join(servicesDir(paths), name)], { signal });
  await killService(paths, name, signal);
}

/** Let a service run that was stopped; without meaning for one that runs. */
export async function startService(paths: NodePaths, name: string, signal: AbortSignal): Promise<void> {
  await run('sv', ['up', join(servicesDir(paths), name)], { signal, allowFailure: true });
}

/** Services that their supervisor does not report as running; all of them when there is none. */
export async function stoppedServices(paths: NodePaths, services: readonly Service[]): Promise<string[]> {
  const states = await Promise.all(
    services.map(({ name }) => readIfThere(join(servicesDir(paths), name, 'supervise', 'stat'))),
  );
  return services.filter((_, at) => states[at]?.trim() !== 'run').map(({ name }) => name);
}

/** Script of the node's first process: own mounts, own /run, own control groups, then the supervisor. */
export function initScript({ paths }: NodeSpec, joins: readonly string[]): string {
  return `#!/bin/sh
set -eu
mount --make-rprivate /
umount -l /run/netns 2>/dev/null || true
mount -t tmpfs -o mode=755 tmpfs /run
mount --make-rshared /
mkdir -p /run/lock /run/netns
${joins.map((file) => `echo 0 > ${quoted(file)}`).join('\n')}
exec runsvdir -P ${quoted(servicesDir(paths))}
`;
}

/** What each supervisor says of its service: run, down, finish; `unknown` when it has said nothing. */
export async function serviceStates(paths: NodePaths): Promise<Record<string, string>> {
  const names = (await foldersIn(servicesDir(paths))).sort();
  const states = await Promise.all(
    names.map(async (name) => {
      const stat = await readIfThere(join(servicesDir(paths), name, 'supervise', 'stat'));
      return [name, stat?.trim() || 'unknown'] as const;
    }),
  );
  return Object.fromEntries(states);
}

export const runningServiceNames = async (paths: NodePaths): Promise<string[]> =>
  Object.entries(await serviceStates(paths)).flatMap(([name, state]) => (state === 'run' ? [name] : []));

async function foldersIn(path: string): Promise<string[]> {
  return (await entriesOf(path)).map(({ name }) => name);
}
