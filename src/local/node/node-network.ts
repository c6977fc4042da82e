import { mkdir } from 'node:fs/promises';
import { run } from '../../process/index.ts';
import { egressBlock, type NodeAddressing, onLink } from '../addresses/addressing.ts';
import { hostLinks, ipBatch, nft } from '../host/kernel.ts';
import { netnsIdentity } from '../host/namespace-processes.ts';
import type { NodePaths } from '../host/paths.ts';
import { familyOf, type NodeRecord } from './node-record.ts';

/** Network namespace and uplink of a node, made or mended. */
export async function ensureNodeNetwork(
  paths: NodePaths,
  at: NodeAddressing,
  signal: AbortSignal,
): Promise<void> {
  await mkdir('/run/netns', { recursive: true });
  if (!(await isNamespace(paths.netnsPath))) await run('ip', ['netns', 'add', paths.netns], { signal });
  const { ipv4, ipv6 } = at.uplinks;
  await inNetns(paths, ['sh', '-c', kernelSettings(ipv6 !== undefined)], signal);
  const links = await hostLinks({ signal });
  const add = `link add ${paths.veth} type veth peer name eth0 netns ${paths.netns}`;
  const up = `link set ${paths.veth} master ${paths.mesh.bridge} up`;
  await ipBatch([...(links.includes(paths.veth) ? [] : [add]), up], { signal });
  await ipBatch(
    [
      'link set lo up',
      `address replace ${onLink(ipv4.node, ipv4.subnet)} dev eth0`,
      ...(ipv6 ? [`address replace ${onLink(ipv6.node, ipv6.subnet)} dev eth0`] : []),
      'link set eth0 up',
      `route replace default via ${ipv4.gateway}`,
      // IPv6 has no way out, and kube-proxy's translation starts from a route.
      ...(at.node.family === 'ipv6' ? [`route replace ${at.services} dev eth0`] : []),
    ],
    { netns: paths.netns, signal },
  );
}

/** Before the links, which take over how IPv6 addresses are found unique: here nobody else gives any. */
function kernelSettings(ipv6: boolean): string {
  const six = ['all/disable_ipv6=0', 'default/disable_ipv6=0', 'default/accept_dad=0', 'all/forwarding=1'];
  const wanted = ['ipv4/ip_forward=1', ...(ipv6 ? six.map((one) => `ipv6/conf/${one}`) : [])];
  return wanted
    .map((one) => one.split('='))
    .map(([file, value]) => `echo ${value} > /proc/sys/net/${file}`)
    .join(' && ');
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
export const inNetns = (paths: NodePaths, command: readonly string[], signal: AbortSignal) =>
  run('nsenter', [`--net=${paths.netnsPath}`, ...command], { signal });

/**
 * Pods reach pods of clusters on an equal network by their own addresses, through the nodes; those of
 * other networks are unreachable, and all other traffic leaves behind the node's address.
 */
export async function peer(paths: NodePaths, all: readonly NodeRecord[], signal: AbortSignal): Promise<void> {
  const own = all.find(({ cluster }) => cluster === paths.cluster);
  if (!own) return;
  const others = all.filter((one) => one !== own);
  const peers = others.filter(({ network }) => network === own.network);
  const routes = others.map((one) =>
    peers.includes(one)
      ? `route add ${one.pods} via ${one.address} dev eth0 proto static`
      : `route add unreachable ${one.pods} proto static`,
  );
  // Flushing asks for one family at a time, adding sees it from the address.
  if (all.some(isIPv6))
    await ipBatch(['route flush proto static'], { netns: paths.netns, family: 6, signal });
  await ipBatch(['route flush proto static', ...routes], { netns: paths.netns, signal });
  const tables = isIPv6(own)
    ? [maskingTable('ip6', own, peers), egressTable]
    : [maskingTable('ip', own, peers)];
  await nft(tables.join(''), { netnsPath: paths.netnsPath, signal });
}

const isIPv6 = (record: NodeRecord): boolean => familyOf(record) === 'ipv6';

const maskingTable = (family: 'ip' | 'ip6', own: NodeRecord, peers: readonly NodeRecord[]) => `
table ${family} isthmus
delete table ${family} isthmus
table ${family} isthmus {
  set unmasked {
    type ${family === 'ip' ? 'ipv4' : 'ipv6'}_addr; flags interval
    elements = { ${[own, ...peers].map(({ pods }) => pods).join(', ')} }
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ${family} saddr ${own.pods} ${family} daddr != @unmasked oifname "eth0" masquerade
  }
}
`;

/** IPv4 of an IPv6 cluster's pods. */
const egressTable = `
table ip isthmus
delete table ip isthmus
table ip isthmus {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${egressBlock} oifname "eth0" masquerade
  }
}
`;

/** Remove namespace and uplink; what is gone already is success. */
export async function removeNodeNetwork(paths: NodePaths, signal: AbortSignal): Promise<void> {
  if ((await hostLinks({ signal })).includes(paths.veth)) {
    await ipBatch([`link delete ${paths.veth}`], { signal, force: true });
  }
  if ((await netnsIdentity(paths.netnsPath)) === undefined) return;
  if (await isNamespace(paths.netnsPath)) await run('ip', ['netns', 'delete', paths.netns], { signal });
}
