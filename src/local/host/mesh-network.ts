import { readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { type Block, type Family, formatBlock, parseBlock } from '../addresses/address.ts';
import { bridgeAddress, families, freeSubnet, meshSubnet, onLink } from '../addresses/addressing.ts';
import { hasCode, readJson, writeIfChanged } from './files.ts';
import { ensureHostSettings, restoreHostSettings } from './host-settings.ts';
import { hostLinks, hostTables, ipBatch, ipJson, nft } from './kernel.ts';
import { withLock } from './lock.ts';
import { type MeshSite, meshSite } from './paths.ts';

/** mesh.json: what the mesh holds of this machine. */
export interface MeshRecord {
  readonly mesh: string;
  readonly subnet: number;
  readonly bridge: string;
}

export const meshLock = (site: MeshSite): string => join(site.root, '.locks', `${site.id}.mesh`);
const hostLock = (site: MeshSite): string => join(site.root, '.locks', 'host');

export const readMeshRecord = (site: MeshSite): Promise<MeshRecord | undefined> =>
  readJson<MeshRecord>(site.record);

/**
 * Bridge, host firewall and settings of a mesh, made or mended. The subnet is chosen once and kept.
 * Throws ADDRESS_IN_USE when no subnet is free.
 */
export async function ensureMeshNetwork(
  site: MeshSite,
  wanted: readonly Family[],
  signal: AbortSignal,
): Promise<MeshRecord> {
  return withLock(
    hostLock(site),
    async () => {
      const record = (await readMeshRecord(site)) ?? (await chooseSubnet(site, wanted, signal));
      const subnets = wanted.map((family) => meshSubnet(record.subnet, family));
      await ensureBridge(site, subnets, signal);
      await nft(hostTable(site, meshSubnet(record.subnet, 'ipv4')), { signal });
      await ensureHostSettings(site.root);
      return record;
    },
    { signal },
  );
}

async function chooseSubnet(
  site: MeshSite,
  wanted: readonly Family[],
  signal: AbortSignal,
): Promise<MeshRecord> {
  const subnet = freeSubnet([...(await kernelBlocks(signal)), ...(await otherMeshes(site))], wanted);
  if (subnet === undefined) {
    const pools = wanted.map((family) => formatBlock(families[family].pool));
    throw new IsthmusError('ADDRESS_IN_USE', `no free subnet in ${pools.join(' and ')}`, {
      hint: 'remove a mesh with `isthmus down`, or free this range: `ip route show table all` names what uses it',
    });
  }
  const record: MeshRecord = { mesh: site.mesh, subnet, bridge: site.bridge };
  await writeIfChanged(site.record, `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

/** Every block that an address or a route of the host covers, the default route aside. */
async function kernelBlocks(signal: AbortSignal): Promise<Block[]> {
  const [routes, links] = await Promise.all([
    ipJson<{ dst: string }>(['route', 'show', 'table', 'all'], { signal }),
    ipJson<{ addr_info?: { local?: string; prefixlen?: number }[] }>(['address', 'show'], { signal }),
  ]);
  const addresses = links.flatMap((link) =>
    (link.addr_info ?? []).map(({ local, prefixlen }) => (local ? `${local}/${prefixlen}` : '')),
  );
  return [...routes.map(({ dst }) => dst), ...addresses]
    .filter((text) => /^[\da-f]*[.:]/.test(text) && !text.startsWith('0.') && !text.startsWith('::/'))
    .map(parseBlock);
}

async function otherMeshes(site: MeshSite): Promise<Block[]> {
  const names = await meshNames(site.root);
  const records = await Promise.all(names.map((name) => readMeshRecord(meshSite(name, site.root))));
  return records.filter((record) => record !== undefined).map(({ subnet }) => meshSubnet(subnet, 'ipv4'));
}

async function meshNames(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
}

async function ensureBridge(site: MeshSite, subnets: readonly Block[], signal: AbortSignal): Promise<void> {
  const addresses = subnets.map((subnet) => onLink(bridgeAddress(subnet), subnet));
  if (!(await hostLinks({ signal })).includes(site.bridge))
    await ipBatch([`link add ${site.bridge} type bridge`], { signal });
  // Where a machine has IPv6 turned off, as containers often do, the bridge alone has it.
  if (subnets.some(({ first }) => first.family === 'ipv6'))
    await writeFile(`/proc/sys/net/ipv6/conf/${site.bridge}/disable_ipv6`, '0');
  const lines = addresses.map((address) => `address replace ${address} dev ${site.bridge}`);
  await ipBatch([...lines, `link set ${site.bridge} up`], { signal });
}

/**
 * Only the mesh's own IPv4 subnet may be routed out of or into the bridge; outwards it hides behind
 * the host. Both interfaces are named, since with br_netfilter bridged packets pass here as well.
 */
const hostTable = (site: MeshSite, subnet: Block) => `
table inet ${site.table}
delete table inet ${site.table}
table inet ${site.table} {
  chain forward {
    type filter hook forward priority filter - 10; policy accept;
    iifname "${site.bridge}" oifname != "${site.bridge}" ip saddr != ${formatBlock(subnet)} drop
    iifname != "${site.bridge}" oifname "${site.bridge}" ip daddr != ${formatBlock(subnet)} drop
    iifname "${site.bridge}" oifname != "${site.bridge}" meta nfproto ipv6 drop
    iifname != "${site.bridge}" oifname "${site.bridge}" meta nfproto ipv6 drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${formatBlock(subnet)} oifname != "${site.bridge}" masquerade
  }
}
`;

/** Take away what the mesh has on the host; the last mesh puts the host's settings back as they were. */
export async function removeMeshNetwork(site: MeshSite, signal: AbortSignal): Promise<void> {
  await withLock(
    hostLock(site),
    async () => {
      const [links, tables] = await Promise.all([hostLinks({ signal }), hostTables({ signal })]);
      if (tables.includes(`inet ${site.table}`)) await nft(`delete table inet ${site.table}\n`, { signal });
      if (links.includes(site.bridge)) await ipBatch([`link delete ${site.bridge}`], { signal });
      await rm(site.dir, { recursive: true, force: true });
      await rm(meshLock(site), { force: true });
      if ((await meshNames(site.root)).length === 0) await leaveHost(site);
    },
    { signal },
  );
}

/** No mesh is left, and not even the locks stay. */
async function leaveHost(site: MeshSite): Promise<void> {
  await restoreHostSettings(site.root);
  await rm(join(site.root, '.locks'), { recursive: true, force: true });
  await rmdir(site.root).catch((error: unknown) => {
    if (!hasCode(error, 'ENOTEMPTY', 'ENOENT', 'EBUSY')) throw error;
  });
}
