import { NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { DrillContext } from '../drill.ts';

/** Pods of one namespace, or of all without one. */
export interface PodSelection {
  readonly namespace?: string | undefined;
  readonly labelSelector: string;
}

/** Until no such pod is there, also none that ends and answers meanwhile. TIMED_OUT after two minutes. */
export async function untilGone(
  { answers, signal }: Pick<DrillContext, 'answers' | 'signal'>,
  { spec, kube }: MeshCluster,
  selection: PodSelection,
): Promise<void> {
  const what = `pods with ${selection.labelSelector} in ${spec.name} to end`;
  const wait = { what, timeoutMs: 120_000, signal, delayMs: 100, maxDelayMs: 500 };
  await waitUntil(wait, async () => {
    answers.alive();
    const pods = await kube.list('v1', 'Pod', { ...selection, signal });
    if (pods.length > 0) throw new NotReady(`${pods.length} are left`);
  });
}
