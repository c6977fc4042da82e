import type { KubeObject } from '../kubernetes/index.ts';
import { NotReady, waitUntil } from '../process/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import type { PodObject } from './pods.ts';
export interface D extends KubeObject { readonly spec?: { replicas?: number }; readonly status?: { observedGeneration?: number; updatedReplicas?: number; availableReplicas?: number } }
export async function waitForDeployments(o: { cluster: MeshCluster; namespace: string; names: readonly string[]; timeoutMs: number; signal: AbortSignal }): Promise<void> {
  await Promise.all(o.names.map((name) => waitUntil({ what: `Deployment ${o.namespace}/${name} of ${o.cluster.spec.name}`, timeoutMs: o.timeoutMs, signal: o.signal, delayMs: 100 }, async () => {
    const d = await o.cluster.kube.get<D>({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: o.namespace, name });
    const want = d?.spec?.replicas ?? 1;
    if (!d || (d.status?.observedGeneration ?? 0) < (d.metadata?.generation ?? 0) || (d.status?.updatedReplicas ?? 0) < want || (d.status?.availableReplicas ?? 0) < want) throw new NotReady('not yet');
  })));
}
