import type { Bed } from '../e2e/bed.ts';

/** Change the name or the number of the one port of Service sample/helloworld of a cluster. */
export async function changeSamplePort(
  bed: Bed,
  cluster: string,
  change: { readonly name: string } | { readonly port: number },
): Promise<void> {
  const all = Object.entries(change).map(([key, value]) => ({
    op: 'replace',
    path: `/spec/ports/0/${key}`,
    value,
  }));
  const service = ['-n', 'sample', 'patch', 'service', 'helloworld'];
  await bed.ok(cluster, [...service, '--type=json', '-p', JSON.stringify(all)]);
}
