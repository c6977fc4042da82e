import { localProvider } from '../../../src/local/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { loadTopology } from '../../../src/topology/index.ts';
import type { Bed } from '../bed.ts';

/** Make the clusters of a bed's file and their contexts, with nothing of a mesh on them. */
export async function makeBareClusters(bed: Pick<Bed, 'file' | 'isthmus'>): Promise<void> {
  const topology = await loadTopology(bed.file);
  const context = { topology, reporter: silentReporter, signal: AbortSignal.timeout(300_000) };
  const provider = localProvider();
  await Promise.all(topology.clusters.map((spec) => provider.ensure(context, spec)));
  const contexts = await bed.isthmus(['contexts']);
  if (contexts.exitCode !== 0) throw new Error(contexts.stderr);
}
