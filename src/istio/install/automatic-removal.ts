import {
  describeRef,
  isMadeByIsthmus,
  type KubeObject,
  type ObjectChange,
  refOf,
} from '../../kubernetes/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import { isAutomatic } from './automatic-objects.ts';

/** An istiod that ends may take its grace period, and writes until then. */
const istiodEndsMs = 90_000;

interface Options {
  readonly cluster: MeshCluster;
  readonly signal: AbortSignal;
  /** Change nothing and say what would go. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Take away what istiod wrote by itself, in whatever namespace: in those that stay, its root would pass for
 * that of a mesh which is no more. Another istiod in the cluster, of somebody else, still needs all of it.
 */
export async function removeAutomatic(options: Options): Promise<ObjectChange[]> {
  const { cluster, signal, dryRun } = options;
  if (await isServedByOthers(options)) return [];
  if (!dryRun) await istiodsGone(options);
  const found = await writtenByIstiod(options);
  if (!dryRun) for (const object of found) await cluster.kube.remove(refOf(object), { signal });
  return found.map((object) => ({
    cluster: cluster.spec.name,
    object: refOf(object),
    action: 'remove',
    diff: [],
  }));
}

/** By an istiod in the cluster, or by one elsewhere, which has but its webhook here. */
async function isServedByOthers({ cluster, signal }: Options): Promise<boolean> {
  const [istiods, webhooks] = await Promise.all([
    cluster.kube.list('apps/v1', 'Deployment', { labelSelector: 'app=istiod', signal }),
    cluster.kube.list('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', {
      labelSelector: 'app=sidecar-injector',
      signal,
    }),
  ]);
  return [...istiods, ...webhooks].some((object) => !isMadeByIsthmus(object));
}

async function istiodsGone({ cluster, signal }: Options): Promise<void> {
  const what = `the istiods of ${cluster.spec.name} to end`;
  await waitUntil({ what, timeoutMs: istiodEndsMs, signal }, async () => {
    const pods = await cluster.kube.list('v1', 'Pod', { labelSelector: 'app=istiod', signal });
    if (pods.length > 0) throw new NotReady(pods.map((pod) => describeRef(refOf(pod))).join(', '));
  });
}

/** Roots in every namespace, which have istiod's label; who leads among istiods, in their own alone. */
async function writtenByIstiod({ cluster, signal }: Options): Promise<KubeObject[]> {
  const [labelled, system] = await Promise.all([
    cluster.kube.list('v1', 'ConfigMap', { labelSelector: 'istio.io/config=true', signal }),
    cluster.kube.list('v1', 'ConfigMap', { namespace: istioNamespaceOf(cluster.spec), signal }),
  ]);
  const leaders = system.filter(({ metadata }) => !metadata?.name?.startsWith('istio-ca-'));
  return [...labelled, ...leaders].filter(isAutomatic);
}
