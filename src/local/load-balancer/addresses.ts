import { bitsOf, type Cidr, parseAddress } from '../../topology/index.ts';
import { ipBatch, ipJson } from '../host/kernel.ts';

/** Load-balancer addresses on a device: the /32s (or /128s) inside the node's own block. */
export async function presentAddresses(device: string, block: Cidr): Promise<string[]> {
  const links = await ipJson<{ addr_info?: { local: string; prefixlen: number }[] }>([
    'address',
    'show',
    'dev',
    device,
  ]);
  const single = bitsOf(block.family);
  return links
    .flatMap((link) => link.addr_info ?? [])
    .filter(({ local, prefixlen }) => prefixlen === single && block.contains(parseAddress(local)))
    .map(({ local }) => local);
}

/** At once and never as the source of the node's own connections, which outlive a load balancer. */
const options = { ipv4: '', ipv6: ' nodad preferred_lft 0' } as const;

/** Make the device hold exactly the wanted addresses of a block. */
export async function syncAddresses(device: string, block: Cidr, wanted: ReadonlySet<string>): Promise<void> {
  const present = await presentAddresses(device, block);
  const { family } = block;
  const length = bitsOf(family);
  const added = [...wanted].filter((address) => !present.includes(address));
  const removed = present.filter((address) => !wanted.has(address));
  await ipBatch([
    ...added.map((address) => `address add ${address}/${length} dev ${device}${options[family]}`),
    ...removed.map((address) => `address delete ${address}/${length} dev ${device}`),
  ]);
}
