import { type Block, overlaps, parseBlock } from '../address.ts';
import { ipBatch, ipJson } from '../kernel.ts';

/** Load-balancer addresses on a device: the /32s (or /128s) inside the node's own block. */
export async function presentAddresses(device: string, block: Block): Promise<string[]> {
  const links = await ipJson<{ addr_info?: { local: string; prefixlen: number }[] }>([
    'address',
    'show',
    'dev',
    device,
  ]);
  const single = block.first.family === 'ipv4' ? 32 : 128;
  return links
    .flatMap((link) => link.addr_info ?? [])
    .filter(({ local, prefixlen }) => prefixlen === single && overlaps(parseBlock(local), block))
    .map(({ local }) => local);
}

/** Make the device hold exactly the wanted addresses, and tell the neighbours of new ones. */
export async function syncAddresses(
  device: string,
  block: Block,
  wanted: ReadonlySet<string>,
): Promise<void> {
  const present = await presentAddresses(device, block);
  const length = block.first.family === 'ipv4' ? 32 : 128;
  const added = [...wanted].filter((address) => !present.includes(address));
  const removed = present.filter((address) => !wanted.has(address));
  await ipBatch([
    ...added.map((address) => `address add ${address}/${length} dev ${device}`),
    ...removed.map((address) => `address delete ${address}/${length} dev ${device}`),
  ]);
}
