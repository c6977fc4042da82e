import { readdir } from 'node:fs/promises';
import { execa } from 'execa';
import { meshPaths, nodePaths } from '../../src/local/host/paths.ts';
import { firstProcess } from '../../src/local/node/first-process.ts';
import type { Bed } from '../e2e/bed.ts';

const table = 'inet isthmus_fault';

/** Where the packets of a node or pod pass; rules are dropped by {@link unblock}. */
export interface Place {
  readonly netns: string;
}

/** The network namespace of a local node: what a security group of its VPC would see. */
export async function nodeOf(bed: Bed, cluster: string): Promise<Place> {
  return { netns: nodePaths(meshPaths(await meshName(bed)), cluster).netnsPath };
}

/** The network namespace of the pod with this address. */
export async function podAt(bed: Bed, cluster: string, address: string): Promise<Place> {
  const first = await firstProcess(nodePaths(meshPaths(await meshName(bed)), cluster));
  const folder = `/proc/${first?.pid}/root/run/netns`;
  for (const name of await readdir(folder)) {
    const netns = `${folder}/${name}`;
    const { stdout } = await execa('nsenter', [`--net=${netns}`, 'ip', '-o', 'addr'], { reject: false });
    if (stdout.includes(` ${address}/`)) return { netns };
  }
  throw new Error(`no pod of ${cluster} has the address ${address}`);
}

/** Name of the bed’s mesh, by which the kernel knows it. */
export async function meshName(bed: Bed): Promise<string> {
  const name = /name:\s*([\w-]+)/.exec(await bed.read())?.[1];
  if (!name) throw new Error(`the mesh file has no name: ${bed.file}`);
  return name;
}

/** Drop packets in silence, as a security group does: `hook` and what they match, such as `tcp dport 6443`. */
export async function block({ netns }: Place, rules: readonly (readonly [string, string])[]): Promise<void> {
  const chains = rules.map(
    ([hook, match], at) => `chain c${at} { type filter hook ${hook} priority 0; ${match} drop; }`,
  );
  const script = `table ${table} {\n${chains.join('\n')}\n}\n`;
  await execa('nsenter', [`--net=${netns}`, 'nft', '-f', '-'], { input: script });
}

/** Remove what {@link block} put there; gone is success. */
export async function unblock({ netns }: Place): Promise<void> {
  await execa('nsenter', [`--net=${netns}`, 'nft', 'delete', 'table', ...table.split(' ')], {
    reject: false,
  });
}
