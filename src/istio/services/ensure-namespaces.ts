import { type KubeObject, type ObjectChange, refOf, refusalStatus } from '../../kubernetes/index.ts';
import { allOf } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';

/**
 * Namespaces of Services that are not there yet, so that a policy is there before the first pod that it
 * is about. They are the user's from then on: isthmus neither changes nor removes them.
 */
export async function ensureNamespaces(
  { clusters, signal }: { readonly clusters: readonly MeshCluster[]; readonly signal: AbortSignal },
  objects: readonly KubeObject[],
): Promise<ObjectChange[]> {
  const names = [...new Set(objects.map(({ metadata }) => metadata?.namespace ?? ''))];
  const wanted = clusters.flatMap((cluster) => names.map((name) => ({ cluster, name })));
  const made = await allOf(
    wanted.map(({ cluster, name }) => ensureNamespace(cluster, name, signal)),
    { names: wanted.map(({ cluster, name }) => `${cluster.spec.name}, ${name}`), things: 'namespaces' },
  );
  return made.flat();
}

async function ensureNamespace(
  { kube }: MeshCluster,
  name: string,
  signal: AbortSignal,
): Promise<ObjectChange[]> {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'istio-injection': 'enabled' } },
  };
  if (await kube.get(refOf(object), { signal })) return [];
  try {
    await kube.create(object, { signal });
  } catch (error) {
    // Somebody else was quicker.
    if (refusalStatus(error) !== 409) throw error;
    return [];
  }
  return [{ cluster: kube.cluster, object: refOf(object), action: 'create', diff: [] }];
}
