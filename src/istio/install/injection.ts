import { isIsthmusError, messageOf } from '../../errors/index.ts';
import { containersOf, type KubeObject, type Pod } from '../../kubernetes/index.ts';
import { allOf, NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { note, type Reporter } from '../../report/index.ts';
import { contextOf, istioNamespaceOf } from '../../topology/index.ts';
import { INGRESS_NAMESPACE } from '../names.ts';

const PROXY = 'istio-proxy';

const canary: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'isthmus-injection-canary',
    namespace: INGRESS_NAMESPACE,
    labels: { 'sidecar.istio.io/inject': 'true' },
  },
  spec: { containers: [{ name: 'canary', image: 'none' }] },
};

/**
 * Wait until a pod that is never made (a server-side dry run) comes back with a proxy. That istiod is
 * available is not enough: its webhook may not have its authority yet, or its Service no endpoint.
 */
export async function waitForInjection(cluster: MeshCluster, signal: AbortSignal): Promise<void> {
  const what = `the injection webhook of ${cluster.spec.name} to answer`;
  const hint = `look at kubectl --context ${contextOf(cluster.spec)} -n ${istioNamespaceOf(cluster.spec)} logs deploy/istiod`;
  await waitUntil({ what, hint, timeoutMs: 60_000, signal, delayMs: 100 }, async (inner) => {
    const pod = await dryCreate(cluster, inner);
    if (!isInjected(pod)) throw new NotReady('a pod came back without a proxy');
  });
}

async function dryCreate(cluster: MeshCluster, signal: AbortSignal): Promise<Pod> {
  try {
    return (await cluster.kube.apply<Pod>(canary, { dryRun: true, signal })).object;
  } catch (error) {
    if (isIsthmusError(error) && /webhook/.test(messageOf(error))) throw new NotReady(messageOf(error));
    throw error;
  }
}

/** Has the webhook put a proxy with a real image into this pod? */
export function isInjected(pod: Pod): boolean {
  const proxy = containersOf(pod).find(({ name }) => name === PROXY);
  return proxy !== undefined && proxy.image !== 'auto';
}

/**
 * Remove pods of a namespace that were made while the webhook was not at work, so that their
 * Deployment makes them anew.
 */
export async function recreateUninjected(
  cluster: MeshCluster,
  namespace: string,
  { reporter, signal }: { reporter: Reporter; signal: AbortSignal },
): Promise<void> {
  const pods = await cluster.kube.list<Pod>('v1', 'Pod', { namespace, signal });
  const bare = pods.filter((pod) => isOfDeployment(pod) && !isInjected(pod) && !optsOut(pod));
  await allOf(
    bare.map(async ({ metadata }) => {
      const name = metadata?.name ?? '';
      const message = `pod ${namespace}/${name} has no proxy and is made anew`;
      note(reporter, { level: 'warn', code: 'POD_NOT_INJECTED', message, cluster: cluster.spec.name });
      // Until it is gone its Deployment still counts it as available.
      await cluster.kube.remove({ apiVersion: 'v1', kind: 'Pod', namespace, name }, { signal, wait: true });
    }),
  );
}

const isOfDeployment = ({ metadata }: Pod) =>
  !metadata?.deletionTimestamp &&
  (metadata?.ownerReferences?.some(({ kind }) => kind === 'ReplicaSet') ?? false);

const optsOut = (pod: Pod) => pod.metadata?.labels?.['sidecar.istio.io/inject'] === 'false';
