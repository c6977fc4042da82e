import type { MeshCluster } from '../../provider/index.ts';
import { SYSTEM_NAMESPACE } from '../names.ts';

/** The one that isthmus installs. */
export const ISTIOD_DEPLOYMENT = 'istiod';

/** Roll istiod's pods, as `kubectl rollout restart` does; no istiod is success. */
export async function restartIstiod(cluster: MeshCluster, signal?: AbortSignal): Promise<void> {
  const ref = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    namespace: SYSTEM_NAMESPACE,
    name: ISTIOD_DEPLOYMENT,
  };
  if (!(await cluster.kube.get(ref, { signal }))) return;
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
  await cluster.kube.patch(ref, { spec: { template: { metadata: { annotations } } } }, { signal });
}
