import { type Block, overlaps, parseBlock, singlePrefix } from '../addresses/address.ts';
import { ipBatch, ipJson } from '../host/kernel.ts';

/** Load-balancer addresses on a device: the /32s (or /128s) inside the node's own block. */
export async function presentAddresses(device: string, block: Block): Promise<string[]> {
  const links = await ipJson<{ addr_info?: { local: string; prefixlen: number }[] }>([
    'address',
    'show',
    'dev',
    device,
  ]);
  const single = singlePrefix(block.first.family);
  return links
    .flatMap((link) => link.addr_info ?? [])
    .filter(({ local, prefixlen }) => prefixlen === single && overlaps(parseBlock(local), block))
    .map(({ local }) => local);
}

/** At once and never as the source of the node's own connections, which outlive a load balancer. */
const options = { ipv4: '', ipv6: ' nodad preferred_lft 0' } as const;

/** Make the device hold exactly the wanted addresses of a block. */
export async function syncAddresses(
  device: string,
  block: Block,
  wanted: ReadonlySet<string>,
): Promise<void> {
  const present = await presentAddresses(device, block);
  const { family } = block.first;
  const length = singlePrefix(family);
  const added = [...wanted].filter((address) => !present.includes(address));
  const removed = present.filter((address) => !wanted.has(address));
  await ipBatch([
    ...added.map((address) => `address add ${address}/${length} dev ${device}${options[family]}`),
    ...removed.map((address) => `address delete ${address}/${length} dev ${device}`),
  ]);
}
