import type { Topology } from '../topology/index.ts';
import { askSecondFactors } from './ask-second-factors.ts';
import type { GlobalOptions } from './command-context.ts';
import type { Shell } from './shell.ts';

/** The mesh of the file, signed in to; none where contexts are given, which need no file. */
export async function topologyUnlessContexts(
  shell: Shell,
  { file }: GlobalOptions,
  contexts: readonly string[],
): Promise<Topology | undefined> {
  if (contexts.length > 0) return undefined;
  const { loadTopology } = await import('../topology/index.ts');
  const topology = await loadTopology(file);
  await askSecondFactors(shell, topology);
  return topology;
}
