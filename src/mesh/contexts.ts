import { type MergeResult, mergeKubeconfig, removeFromKubeconfig } from '../kubernetes/index.ts';
import type { ExecPlugin } from '../provider/index.ts';
import { forEachCluster, type Operation, Session } from './session.ts';

export interface ContextsOptions extends Operation {
  /** Kubeconfig to write; the first of $KUBECONFIG or ~/.kube/config when undefined. */
  readonly path?: string | undefined;
  /** Replace contexts of the same name that isthmus did not write. */
  readonly force?: boolean;
  /** What kubectl runs for tokens of clusters that need them; `isthmus` on the PATH when undefined. */
  readonly plugin?: ExecPlugin | undefined;
}

/**
 * Write one context per cluster, named as in the file, into a kubeconfig; everything else in it
 * stays as it is. Clusters of provider `existing` have their contexts already and are left alone.
 */
export async function writeContexts(options: ContextsOptions): Promise<MergeResult> {
  const session = new Session(options);
  const specs = options.topology.clusters.filter(({ provider }) => provider !== 'existing');
  const connections = await forEachCluster(specs, async (spec) =>
    (await session.provider(spec.provider)).connection(session.context, spec, options.plugin),
  );
  const mesh = options.topology.name;
  return mergeKubeconfig({ path: options.path, mesh, connections, force: options.force ?? false });
}

/** Take the contexts of removed clusters out again, only those that isthmus wrote. */
export async function removeContexts(mesh: string, names: readonly string[]): Promise<void> {
  await removeFromKubeconfig({ mesh, names });
}
