import { isIsthmusError, messageOf } from '../errors/index.ts';
import {
  describeRef,
  isMadeByIsthmus,
  type KubeClient,
  type KubeObject,
  refOf,
} from '../kubernetes/index.ts';
import type { Leftover } from '../provider/index.ts';

/**
 * Kinds that do harm when they outlive a mesh: lists of what was made, keys, tokens, rights, what runs
 * and what stands in the way of pods. Definitions and namespaces are seen by the removal itself.
 */
const kinds = [
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['v1', 'Service'],
  ['v1', 'ServiceAccount'],
  ['apps/v1', 'Deployment'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
  ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'],
  ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
] as const;

/**
 * What isthmus made in an existing cluster and is still there, by its label. A cluster that does not
 * answer is itself what is left, for nobody can say that it is clean. Throws API_REFUSED.
 */
export async function auditExisting(
  cluster: string,
  connected: Promise<KubeClient>,
  { signal }: { readonly signal: AbortSignal },
): Promise<Leftover[]> {
  try {
    const client = await connected;
    // Asked first and alone, so that a cluster that is away costs one wait.
    await client.version({ signal });
    const labelSelector = 'app.kubernetes.io/managed-by=isthmus';
    const found = await Promise.all(
      kinds.map(([apiVersion, kind]) => client.list(apiVersion, kind, { labelSelector, signal })),
    );
    return found
      .flat()
      .filter(isMadeByIsthmus)
      .map((object) => leftoverOf(cluster, object));
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'CLUSTER_UNREACHABLE') throw error;
    return [{ kind: 'cluster', id: cluster, cluster, detail: messageOf(error) }];
  }
}

function leftoverOf(cluster: string, object: KubeObject): Leftover {
  const ref = refOf(object);
  const id = describeRef({ ...ref, kind: '' }).trim();
  const detail = object.metadata?.deletionTimestamp ? 'being deleted' : undefined;
  return { kind: ref.kind, id, cluster, detail };
}
