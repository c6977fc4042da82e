import { type IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { containersOf, type KubeClient, type KubeObject } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Problem } from '../../report/index.ts';
import { defineCheck } from '../engine/check.ts';
import { verdict } from '../engine/findings.ts';
import { nameOf, type PodObject } from '../facts/objects.ts';

export const injection = defineCheck({
  id: 'injection',
  title: 'the API server reaches istiod’s webhook and new pods get a sidecar',
  scope: 'cluster',
  severity: 'error',
  needs: ['istiod'],
  retryWhileRollingOut: true,
  cause:
    'a security group or policy keeps the API server from istiod’s port 15017, or pods were made before istiod',
  inspect: [
    'kubectl --context CLUSTER get pods -A -o wide | grep -v Running',
    'kubectl --context CLUSTER -n istio-system get service istiod -o yaml',
    'kubectl --context CLUSTER run probe --image=probe --labels sidecar.istio.io/inject=true --dry-run=server -o yaml',
  ],
  fix: 'let the API server connect to istiod’s pods on port 15017, then delete the pods without a sidecar',
  timeoutMs: 20_000,
  async run({ signal }, cluster) {
    const pods = await cluster.kube.list<PodObject>('v1', 'Pod', { signal });
    const namespaces = await cluster.kube.list('v1', 'Namespace', { signal });
    const dryRun = await dryRunProblems(cluster, namespaces, signal);
    const found = [...dryRun, ...autoProblems(cluster.spec.name, pods)];
    return verdict({ failures: found, warnings: [] }, { detail: 'a pod made on trial got its sidecar' });
  },
});

/** Pods whose template still has the place-holder image that injection replaces. */
export function autoProblems(cluster: string, pods: readonly PodObject[]): Problem[] {
  const waiting = pods.filter(
    (pod) => !pod.metadata?.deletionTimestamp && containersOf(pod).some(({ image }) => image === 'auto'),
  );
  return waiting.map((pod) => ({
    cluster,
    object: nameOf('Pod', pod),
    message: 'has the image "auto", so it never runs',
    cause: 'the webhook was not there or could not be called when the pod was made',
    fix: `kubectl --context ${cluster} -n ${pod.metadata?.namespace} delete pod ${pod.metadata?.name}`,
  }));
}

/** Longer than any webhook that works takes, and shorter than the API server's patience with one that is cut off. */
const webhookMs = 3_000;

/** A dry run goes through the webhook like a real pod and leaves nothing behind. */
async function dryRunProblems(
  { spec, kube }: MeshCluster,
  namespaces: readonly KubeObject[],
  signal: AbortSignal,
): Promise<Problem[]> {
  const injected = namespaces.find(
    ({ metadata }) =>
      !metadata?.deletionTimestamp &&
      (metadata?.labels?.['istio-injection'] === 'enabled' || metadata?.labels?.['istio.io/rev']),
  );
  if (!injected?.metadata?.name) return [];
  const subject = { cluster: spec.name, object: 'MutatingWebhookConfiguration istio-sidecar-injector' };
  try {
    const pod = await tryPod(kube, injected.metadata.name, signal);
    if (containersOf(pod).some(({ name }) => name === 'istio-proxy')) return [];
    return [{ ...subject, message: `gave no sidecar to a pod of namespace ${injected.metadata.name}` }];
  } catch (error) {
    if (!isIsthmusError(error) || !(await isWebhooks(error, kube, signal))) throw error;
    return [
      {
        ...subject,
        message: 'the API server cannot call istiod’s webhook, so no pod can be made',
        evidence: error.message,
        cause: 'port 15017 of istiod’s pods is closed to the API server, or its Service points elsewhere',
      },
    ];
  }
}

/** Is it the webhook that failed? Where there was no answer, a pod that no webhook sees must get one. */
async function isWebhooks(error: IsthmusError, kube: KubeClient, signal: AbortSignal): Promise<boolean> {
  if (error.code !== 'CLUSTER_UNREACHABLE') return /webhook/i.test(error.message);
  return tryPod(kube, 'kube-system', signal).then(
    () => true,
    () => false,
  );
}

async function tryPod(kube: KubeClient, namespace: string, signal: AbortSignal): Promise<PodObject> {
  const options = { dryRun: true, before: null, signal, timeoutMs: webhookMs };
  return (await kube.apply<PodObject>(trialPod(namespace), options)).object;
}

const trialPod = (namespace: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'isthmus-injection-trial', namespace },
  spec: { containers: [{ name: 'trial', image: 'trial' }] },
});
