import { refusalStatus } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';

const annotation = 'isthmus.io/nudged';

/**
 * Change one annotation of a pod, or take it off again (`null`), so that its kubelet looks at the pod's mounted
 * Secrets and ConfigMaps at once; by itself it does so only every minute or two. A pod that went away meanwhile
 * needs no nudge. Throws API_REFUSED.
 */
export async function nudgePod(
  { kube }: MeshCluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { value, signal }: { readonly value: string | null; readonly signal: AbortSignal },
): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace, name };
  try {
    await kube.patch(ref, { metadata: { annotations: { [annotation]: value } } }, { signal });
  } catch (error) {
    if (refusalStatus(error) !== 404) throw error;
  }
}
