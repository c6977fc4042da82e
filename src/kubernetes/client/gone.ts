import { NotReady, waitUntil } from '../../process/index.ts';
import { describeRef } from '../object-ref.ts';
import type { CallOptions, KubeClient, ObjectRef } from '../types.ts';

/** Wait until a removed object is gone; TIMED_OUT names the finalizers that hold it. */
export async function gone(kube: KubeClient, ref: ObjectRef, options: CallOptions): Promise<void> {
  const what = `${describeRef(ref)} in ${kube.cluster} to be gone`;
  const { signal, timeoutMs = 60_000 } = options;
  await waitUntil({ what, timeoutMs, signal, maxDelayMs: 300 }, async () => {
    const left = await kube.get(ref, { signal });
    const finalizers = left?.metadata?.finalizers?.join(', ');
    if (left) throw new NotReady(finalizers ? `it waits for ${finalizers}` : 'it is still there');
  });
}
