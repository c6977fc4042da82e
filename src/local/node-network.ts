import { mkdir } from 'node:fs/promises';
import { run } from '../process/index.ts';
import { formatAddress } from './address.ts';
import { type NodeAddressing, onLink } from './addressing.ts';
import { hostLinks, ipBatch, nft } from './kernel.ts';
import { netnsIdentity } from './node-process.ts';
import type { NodeRecord } from './node-record.ts';
import type { NodeSite } from './site.ts';

/** Network namespace and uplink of a node, made or mended. */
export async function ensureNodeNetwork(
  site: NodeSite,
  at: NodeAddressing,
  signal: AbortSignal,
): Promise<void> {
  await mkdir('/run/netns', { recursive: true });
  if (!(await isNamespace(site.netnsPath))) await run('ip', ['netns', 'add', site.netns], { signal });
  const links = await hostLinks({ signal });
  const add = `link add ${site.veth} type veth peer name eth0 netns ${site.netns}`;
  const up = `link set ${site.veth} master ${site.mesh.bridge} up`;
  await ipBatch([...(links.includes(site.veth) ? [] : [add]), up], { signal });
  await ipBatch(
    [
      'link set lo up',
      `address replace ${onLink(at.node, at.subnet)} dev eth0`,
      'link set eth0 up',
      `route replace default via ${formatAddress(at.gateway)}`,
    ],
    { netns: site.netns, signal },
  );
  await inNetns(site, ['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'], signal);
}

/** A leftover of a crash between making the file and mounting the namespace is a plain file. */
async function isNamespace(path: string): Promise<boolean> {
  if ((await netnsIdentity(path)) === undefined) return false;
  const { stdout } = await run('stat', ['--file-system', '--format', '%T', path]);
  if (stdout.trim() === 'nsfs') return true;
  await run('rm', ['-f', path]);
  return false;
}

/** `ip netns exec` would remount /sys and hide the control groups; this only changes the network. */
export const inNetns = (site: NodeSite, command: readonly string[], signal: AbortSignal) =>
  run('nsenter', [`--net=${site.netnsPath}`, ...command], { signal });

/**
 * Pods reach pods of clusters on an equal network by their own addresses, through the nodes; those of
 * other networks are unreachable, and all other traffic leaves behind the node's address.
 */
export async function peer(site: NodeSite, all: readonly NodeRecord[], signal: AbortSignal): Promise<void> {
  const own = all.find(({ cluster }) => cluster === site.cluster);
  if (!own) return;
  const others = all.filter((one) => one !== own);
  const peers = others.filter(({ network }) => network === own.network);
  const routes = others.map((one) =>
    peers.includes(one)
      ? `route add ${one.pods} via ${one.address} dev eth0 proto static`
      : `route add unreachable ${one.pods} proto static`,
  );
  await ipBatch(['route flush proto static', ...routes], { netns: site.netns, signal });
  await nft(nodeTable(own, peers), { netnsPath: site.netnsPath, signal });
}

const nodeTable = (own: NodeRecord, peers: readonly NodeRecord[]) => `
table ip isthmus
delete table ip isthmus
table ip isthmus {
  set unmasked {
    type ipv4_addr; flags interval
    elements = { ${[own, ...peers].map(({ pods }) => pods).join(', ')} }
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${own.pods} ip daddr != @unmasked oifname "eth0" masquerade
  }
}
`;

/** Remove namespace and uplink; what is gone already is success. */
export async function removeNodeNetwork(site: NodeSite, signal: AbortSignal): Promise<void> {
  if ((await hostLinks({ signal })).includes(site.veth)) {
    await ipBatch([`link delete ${site.veth}`], { signal, force: true });
  }
  if ((await netnsIdentity(site.netnsPath)) === undefined) return;
  if (await isNamespace(site.netnsPath)) await run('ip', ['netns', 'delete', site.netns], { signal });
}
