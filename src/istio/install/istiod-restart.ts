import type { MeshCluster } from '../../provider/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';

/** The one that isthmus installs. */
export const ISTIOD_DEPLOYMENT = 'istiod';

/** Roll istiod's pods, as `kubectl rollout restart` does; no istiod is success. */
export async function restartIstiod(cluster: MeshCluster, signal?: AbortSignal): Promise<void> {
  const ref = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    namespace: istioNamespaceOf(cluster.spec),
    name: ISTIOD_DEPLOYMENT,
  };
  if (!(await cluster.kube.get(ref, { signal }))) return;
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
  await cluster.kube.patch(ref, { spec: { template: { metadata: { annotations } } } }, { signal });
}
