import { type IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { hasProxy, isInjected } from '../../istio/index.ts';
import {
  containersOf,
  type KubeClient,
  type KubeObject,
  type MutatingWebhookConfiguration,
  type Pod,
} from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Finding } from '../../report/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { type Findings, failures, merge, verdict, warnings } from '../engine/findings.ts';
import { closedByPolicy } from '../facts/network-policies.ts';
import { nameOf } from '../facts/objects.ts';
import { injectorOf, wantedRevision } from './parts/injector.ts';

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
  async run(context, cluster) {
    const { facts } = context;
    const [pods, namespaces] = await Promise.all([
      facts.objects<Pod>(cluster, 'v1', 'Pod'),
      facts.objects(cluster, 'v1', 'Namespace'),
    ]);
    const asking = namespaces.filter((one) => !one.metadata?.deletionTimestamp && isInjected(one));
    const trials = await tryNamespaces(cluster, asking, context);
    const tried = trials.filter(({ tried: was }) => was).length;
    const found = merge([
      ...trials.map(({ findings }) => findings),
      failures(...autoProblems(cluster.spec.name, pods)),
    ]);
    const detail = `pods made on trial in ${tried} of ${asking.length} namespaces got their sidecar`;
    const nothing = 'no namespace asks for sidecars, so no pod was made on trial';
    return verdict(found, { detail, looked: tried, nothing });
  },
});

/** Pods whose template still has the place-holder image that injection replaces. */
export function autoProblems(cluster: string, pods: readonly Pod[]): Finding[] {
  const waiting = pods.filter(
    (pod) => !pod.metadata?.deletionTimestamp && containersOf(pod).some(({ image }) => image === 'auto'),
  );
  return waiting.map((pod) => ({
    cluster,
    object: nameOf('Pod', pod),
    message: 'has the image "auto", so it never runs',
    cause: 'the webhook was not there or could not be called when the pod was made',
    fix: `kubectl --context {context} -n ${pod.metadata?.namespace} delete pod ${pod.metadata?.name}`,
  }));
}

/** Longer than any webhook that works takes, and shorter than the API server's patience with one that is cut off. */
const webhookMs = 3_000;

/** Namespaces in which a pod is tried; one of each revision is always among them. */
const atMost = 12;

function chosen(asking: readonly KubeObject[]): KubeObject[] {
  const ofEach = [...new Map(asking.map((one) => [wantedRevision(one), one])).values()];
  return [...new Set([...ofEach, ...asking])].slice(0, Math.max(atMost, ofEach.length));
}

interface Trial {
  /** Did the API server get as far as the webhook? */
  readonly tried: boolean;
  readonly findings: Findings;
  readonly error?: unknown;
}

async function tryNamespaces(
  cluster: MeshCluster,
  asking: readonly KubeObject[],
  context: CheckRunContext,
): Promise<Trial[]> {
  const hooks = await context.facts.injectors(cluster);
  const trials = await Promise.all(
    chosen(asking).map((namespace) => tryNamespace(cluster, { namespace, hooks, context })),
  );
  const refused = trials.find(({ error }) => error !== undefined);
  if (refused && trials.every(({ tried }) => !tried)) throw refused.error;
  return trials;
}

interface TrialOptions {
  readonly namespace: KubeObject;
  readonly hooks: readonly MutatingWebhookConfiguration[];
  readonly context: CheckRunContext;
}

/** A dry run goes through the webhook like a real pod and leaves nothing behind. */
async function tryNamespace(cluster: MeshCluster, options: TrialOptions): Promise<Trial> {
  const { spec, kube } = cluster;
  const { namespace, hooks, context } = options;
  const { signal } = context;
  const name = namespace.metadata?.name ?? '';
  const revision = wantedRevision(namespace);
  const hook = injectorOf(hooks, revision);
  const kind = 'MutatingWebhookConfiguration';
  const subject = { cluster: spec.name, object: hook ? nameOf(kind, hook) : `Namespace ${name}` };
  const none = `asks for revision ${revision}, which no webhook serves, so its pods get no sidecar`;
  try {
    const pod = await tryPod(kube, name, signal);
    const injected = hasProxy(pod);
    const message = hook ? `gave no sidecar to a pod of namespace ${name}` : none;
    return { tried: true, findings: injected ? failures() : failures({ ...subject, message }) };
  } catch (error) {
    if (!isIsthmusError(error)) throw error;
    if (!(await isWebhooks(error, kube, signal))) return refusedTrial(error, spec.name, name);
    const effect = `no pod can be made in namespace ${name}`;
    const problem = {
      ...subject,
      message: `the API server cannot call istiod’s webhook, so ${effect}`,
      evidence: error.message,
      cause: 'port 15017 of istiod’s pods is closed to the API server, or its Service points elsewhere',
    };
    const served = hook?.metadata?.labels?.['istio.io/rev'] ?? 'default';
    const closed = await closedWebhook(cluster, context, { revision: served, effect });
    return { tried: true, findings: failures({ ...problem, ...closed }) };
  }
}

const webhookPort = 15017;

/** The NetworkPolicies that keep the API server, which is no pod, from an istiod of a revision. */
async function closedWebhook(
  cluster: MeshCluster,
  context: CheckRunContext,
  { revision, effect }: { readonly revision: string; readonly effect: string },
): Promise<Finding | undefined> {
  const pods = await context.facts.objects<Pod>(cluster, 'v1', 'Pod');
  const to = pods.find(
    ({ metadata }) =>
      metadata?.labels?.['app'] === 'istiod' && (metadata.labels['istio.io/rev'] ?? 'default') === revision,
  );
  if (!to) return undefined;
  const caller = 'the API server';
  return closedByPolicy(cluster, context, { from: 'outside', to, port: webhookPort, caller, effect });
}

/** A quota or a policy of that namespace says nothing about the webhook; no answer at all does not pass for one. */
function refusedTrial(error: IsthmusError, cluster: string, namespace: string): Trial {
  if (error.code !== 'API_REFUSED') throw error;
  const problem = {
    cluster,
    object: `Namespace ${namespace}`,
    message: 'refuses the pod that was made on trial, so its injection was not looked at',
    evidence: error.message,
    cause: 'a quota, an admission policy or missing rights keep the pod out before or after the webhook',
  };
  return { tried: false, findings: warnings(problem), error };
}

/** Is it the webhook that failed? Where there was no answer, a pod that no webhook sees must get one. */
async function isWebhooks(error: IsthmusError, kube: KubeClient, signal: AbortSignal): Promise<boolean> {
  if (error.code !== 'CLUSTER_UNREACHABLE') return /webhook/i.test(error.message);
  return tryPod(kube, 'kube-system', signal).then(
    () => true,
    () => false,
  );
}

async function tryPod(kube: KubeClient, namespace: string, signal: AbortSignal): Promise<Pod> {
  const options = { dryRun: true, before: null, signal, timeoutMs: webhookMs };
  return (await kube.apply<Pod>(trialPod(namespace), options)).object;
}

const trialPod = (namespace: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'isthmus-injection-trial', namespace },
  spec: { containers: [{ name: 'trial', image: 'trial' }] },
});
