import { readFile } from 'node:fs/promises';
import { hasCode } from '../files/index.ts';
import type { Leftover, ProviderContext } from '../provider/index.ts';
import { cgroupsOf } from './host/cgroups.ts';
import { entriesOf } from './host/files.ts';
import { hostLinks, hostTables } from './host/kernel.ts';
import { processesIn } from './host/namespace-processes.ts';
import { isOwnMeshFolder } from './host/own-folder.ts';
import { type MeshPaths, meshPaths } from './host/paths.ts';

/**
 * Everything of the mesh that the kernel or the run directory still has, found by the mesh's id and
 * not by any list of ours.
 */
export async function auditMesh({ topology, signal }: ProviderContext): Promise<Leftover[]> {
  const paths = meshPaths(topology.name);
  const found = await Promise.all([
    namespaces(paths),
    links(paths, signal),
    tables(paths, signal),
    mounts(paths),
    groups(paths),
    files(paths),
  ]);
  return found.flat();
}

async function namespaces({ id }: MeshPaths): Promise<Leftover[]> {
  const names = (await entries('/run/netns')).filter((name) => name.startsWith(`isthmus-${id}-`));
  const processes = await Promise.all(
    names.map(async (name) =>
      (await processesIn(`/run/netns/${name}`)).map((one) => ({
        kind: 'process',
        id: String(one.pid),
        detail: `${one.name} in ${name}`,
      })),
    ),
  );
  return [...names.map((name) => ({ kind: 'network namespace', id: name })), ...processes.flat()];
}

async function links({ bridge }: MeshPaths, signal: AbortSignal): Promise<Leftover[]> {
  const names = (await hostLinks({ signal })).filter((name) => name.startsWith(bridge));
  return names.map((name) => ({ kind: name === bridge ? 'bridge' : 'veth', id: name }));
}

async function tables({ table }: MeshPaths, signal: AbortSignal): Promise<Leftover[]> {
  const names = (await hostTables({ signal })).filter((name) => name === `inet ${table}`);
  return names.map((name) => ({ kind: 'nftables table', id: name }));
}

async function mounts({ dir, id }: MeshPaths): Promise<Leftover[]> {
  const info = await readFile('/proc/self/mountinfo', 'utf8');
  const points = info.split('\n').map((line) => line.split(' ')[4] ?? '');
  const own = points.filter(
    (point) => point.startsWith(`${dir}/`) || point.startsWith(`/run/netns/isthmus-${id}-`),
  );
  return [...new Set(own)].map((point) => ({ kind: 'mount', id: point }));
}

/** A control group with processes names them: they may have left the node's namespaces. */
async function groups({ id }: MeshPaths): Promise<Leftover[]> {
  const paths = await cgroupsOf(`${id}-`);
  const found = await Promise.all(
    paths.map(async (path) => [
      { kind: 'control group', id: path },
      ...(await processesOf(`${path}/system/cgroup.procs`)).map((pid) => ({
        kind: 'process',
        id: pid,
        detail: `in ${path}`,
      })),
    ]),
  );
  return found.flat();
}

async function processesOf(file: string): Promise<string[]> {
  try {
    return (await readFile(file, 'utf8')).split('\n').filter(Boolean);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENODEV')) return [];
    throw error;
  }
}

async function files(paths: MeshPaths): Promise<Leftover[]> {
  return (await isOwnMeshFolder(paths)) ? [{ kind: 'folder', id: paths.dir }] : [];
}

async function entries(folder: string): Promise<string[]> {
  return (await entriesOf(folder)).map(({ name }) => name);
}
