import { rm, writeFile } from 'node:fs/promises';
import { IsthmusError } from '../../errors/index.ts';
import { type Cidr, cidrOf, type IpFamily } from '../../topology/index.ts';
import { bridgeAddress, families, freeSubnet, meshSubnet, onLink } from '../addresses/addressing.ts';
import { entriesOf, readJson, writeIfChanged } from './files.ts';
import { ensureHostSettings, restoreHostSettings } from './host-settings.ts';
import { hostLinks, hostTables, ipBatch, ipJson, nft } from './kernel.ts';
import { lockFile, removeIdleLocks, withLock } from './lock.ts';
import { isOwnMeshFolder, removeMeshFolder } from './own-folder.ts';
import { type MeshPaths, meshPaths } from './paths.ts';

/** mesh.json: what the mesh holds of this machine. */
export interface MeshRecord {
  readonly mesh: string;
  readonly subnet: number;
  readonly bridge: string;
}

export const meshLock = (paths: MeshPaths): string => lockFile(paths.root, `${paths.id}.mesh`);
export const hostLock = (paths: MeshPaths): string => lockFile(paths.root, 'host');

export const readMeshRecord = (paths: MeshPaths): Promise<MeshRecord | undefined> =>
  readJson<MeshRecord>(paths.record);

/**
 * Bridge, host firewall and settings of a mesh, made or mended. The subnet is chosen once and kept.
 * Throws ADDRESS_IN_USE when no subnet is free.
 */
export async function ensureMeshNetwork(
  paths: MeshPaths,
  wanted: readonly IpFamily[],
  signal: AbortSignal,
): Promise<MeshRecord> {
  return withLock(
    hostLock(paths),
    async () => {
      const record = (await readMeshRecord(paths)) ?? (await chooseSubnet(paths, wanted, signal));
      const subnets = wanted.map((family) => meshSubnet(record.subnet, family));
      await ensureBridge(paths, subnets, signal);
      await nft(hostTable(paths, meshSubnet(record.subnet, 'ipv4')), { signal });
      await ensureHostSettings(paths.root, signal);
      return record;
    },
    { signal },
  );
}

/** Index of the subnet that a new mesh gets, or undefined if all are taken. Hold the host's lock. */
export async function nextSubnet(
  paths: MeshPaths,
  wanted: readonly IpFamily[],
  signal: AbortSignal,
): Promise<number | undefined> {
  return freeSubnet([...(await kernelBlocks(signal)), ...(await otherMeshes(paths))], wanted);
}

async function chooseSubnet(
  paths: MeshPaths,
  wanted: readonly IpFamily[],
  signal: AbortSignal,
): Promise<MeshRecord> {
  const subnet = await nextSubnet(paths, wanted, signal);
  if (subnet === undefined) {
    const pools = wanted.map((family) => String(families[family].pool));
    throw new IsthmusError('ADDRESS_IN_USE', `no free subnet in ${pools.join(' and ')}`, {
      hint: 'remove a mesh with `isthmus down`, or free this range: `ip route show table all` names what uses it',
    });
  }
  const record: MeshRecord = { mesh: paths.mesh, subnet, bridge: paths.bridge };
  await writeIfChanged(paths.record, `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

/** Every block that an address or a route of the host covers, the default route aside. */
async function kernelBlocks(signal: AbortSignal): Promise<Cidr[]> {
  const [routes, links] = await Promise.all([
    ipJson<{ dst: string }>(['route', 'show', 'table', 'all'], { signal }),
    ipJson<{ addr_info?: { local?: string; prefixlen?: number }[] }>(['address', 'show'], { signal }),
  ]);
  const addresses = links.flatMap((link) =>
    (link.addr_info ?? []).map(({ local, prefixlen }) => (local ? `${local}/${prefixlen}` : '')),
  );
  return [...routes.map(({ dst }) => dst), ...addresses]
    .filter((text) => /^[\da-f]*[.:]/.test(text) && !text.startsWith('0.') && !text.startsWith('::/'))
    .map(cidrOf);
}

async function otherMeshes(paths: MeshPaths): Promise<Cidr[]> {
  const names = await meshNames(paths.root);
  const records = await Promise.all(names.map((name) => readMeshRecord(meshPaths(name, paths.root))));
  return records.filter((record) => record !== undefined).map(({ subnet }) => meshSubnet(subnet, 'ipv4'));
}

async function meshNames(root: string): Promise<string[]> {
  const folders = (await entriesOf(root)).filter((entry) => entry.isDirectory());
  const own = await Promise.all(folders.map(({ name }) => isOwnMeshFolder(meshPaths(name, root))));
  return folders.filter((_, at) => own[at]).map(({ name }) => name);
}

async function ensureBridge(paths: MeshPaths, subnets: readonly Cidr[], signal: AbortSignal): Promise<void> {
  const addresses = subnets.map((subnet) => onLink(bridgeAddress(subnet), subnet));
  if (!(await hostLinks({ signal })).includes(paths.bridge))
    await ipBatch([`link add ${paths.bridge} type bridge`], { signal });
  // Where a machine has IPv6 turned off, as containers often do, the bridge alone has it.
  if (subnets.some(({ family }) => family === 'ipv6'))
    await writeFile(`/proc/sys/net/ipv6/conf/${paths.bridge}/disable_ipv6`, '0');
  const lines = addresses.map((address) => `address replace ${address} dev ${paths.bridge}`);
  await ipBatch([...lines, `link set ${paths.bridge} up`], { signal });
}

/**
 * Only the mesh's own IPv4 subnet may be routed out of the bridge, behind the host, and only answers
 * back in: who routes the subnet through this machine, or another mesh on it, opens no connection. Both
 * interfaces are named, since with br_netfilter bridged packets pass here as well.
 */
const hostTable = (paths: MeshPaths, subnet: Cidr) => `
table inet ${paths.table}
delete table inet ${paths.table}
table inet ${paths.table} {
  chain forward {
    type filter hook forward priority filter - 10; policy accept;
    iifname "${paths.bridge}" oifname != "${paths.bridge}" ip saddr != ${subnet} drop
    iifname != "${paths.bridge}" oifname "${paths.bridge}" ip daddr != ${subnet} drop
    iifname "${paths.bridge}" oifname != "${paths.bridge}" meta nfproto ipv6 drop
    iifname != "${paths.bridge}" oifname "${paths.bridge}" meta nfproto ipv6 drop
    iifname != "${paths.bridge}" oifname "${paths.bridge}" ct state != { established, related } drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${subnet} oifname != "${paths.bridge}" masquerade
  }
}
`;

/**
 * Take away what the mesh has on the host; the last mesh puts the host's settings back as they were.
 * Names of what others put into the mesh's folder, which stays.
 */
export async function removeMeshNetwork(paths: MeshPaths, signal: AbortSignal): Promise<string[]> {
  return withLock(
    hostLock(paths),
    async () => {
      const [links, tables] = await Promise.all([hostLinks({ signal }), hostTables({ signal })]);
      if (tables.includes(`inet ${paths.table}`)) await nft(`delete table inet ${paths.table}\n`, { signal });
      if (links.includes(paths.bridge)) await ipBatch([`link delete ${paths.bridge}`], { signal });
      const left = await removeMeshFolder(paths);
      await rm(meshLock(paths), { force: true });
      if ((await meshNames(paths.root)).length > 0) return left;
      await restoreHostSettings(paths.root, signal);
      await rm(hostLock(paths), { force: true });
      return left;
    },
    { signal },
  );
}

/**
 * Without a mesh the run directory goes too, with the locks that nobody holds: those of others are
 * theirs to remove. Call it without a lock.
 */
export async function leaveRunDirectory({ root }: MeshPaths): Promise<void> {
  if ((await meshNames(root)).length === 0) await removeIdleLocks(root);
}
