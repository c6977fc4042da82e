import type { RunningPod } from '../../istio/index.ts';
import type { Deployment, MutatingWebhookConfiguration } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Finding } from '../../report/index.ts';
import { type ClusterSpec, istioNamespaceOf } from '../../topology/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { type Findings, failures, merge, verdict, warnings } from '../engine/findings.ts';
import { minorOf } from '../facts/minor-version.ts';
import { nameOf } from '../facts/objects.ts';
import { closedToProxies } from './parts/closed-istiod.ts';

export const istiod = defineCheck({
  id: 'istiod',
  title: 'an istiod is ready, of the same version everywhere, and injects sidecars',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters'],
  retryWhileRollingOut: true,
  cause: 'istiod was scaled down, crashes, or was upgraded in some clusters only',
  inspect: [
    'kubectl --context CLUSTER -n istio-system get deploy,pods -l app=istiod',
    'kubectl --context CLUSTER -n istio-system logs deploy/istiod',
    'kubectl --context CLUSTER get mutatingwebhookconfigurations -l app=sidecar-injector -o yaml',
  ],
  fix: {
    withFile: 'isthmus up',
    byHand:
      'istioctl install --context {context} with the values of this cluster, in the version that the others run',
  },
  timeoutMs: 15_000,
  async run(context, cluster) {
    const { facts } = context;
    const [pods, deployments, others, hooks] = await Promise.all([
      facts.istiods(cluster),
      facts.istiodDeployments(cluster),
      facts.otherIstiods(cluster),
      facts.injectors(cluster),
    ]);
    const ready = pods.filter((pod) => pod.ready).length;
    const found = merge([
      deployments.length === 0 ? failures(noIstiod(cluster, others)) : readiness(cluster, deployments, pods),
      await versions(cluster, deployments, context),
      unreadableVersions(cluster, deployments),
      webhooks(cluster, hooks),
      failures(...(await closedToProxies(cluster, context))),
    ]);
    const tags = deployments.map(tagOf).join(', ');
    const detail = `${ready} of ${pods.length} istiod ready, version ${tags}`;
    return verdict(found, { detail, looked: ready, nothing: 'no istiod pod runs' });
  },
});

/** One in another namespace is of another mesh, or the file does not say where this one's is. */
export function noIstiod({ spec }: Pick<MeshCluster, 'spec'>, others: readonly Deployment[]): Finding {
  const namespace = istioNamespaceOf(spec);
  const [other] = others;
  const message = `has no istiod Deployment in namespace ${namespace}`;
  if (!other) return { cluster: spec.name, message };
  const elsewhere = other.metadata?.namespace;
  return {
    cluster: spec.name,
    object: nameOf('Deployment', other),
    message: `${message}, but one in ${elsewhere}`,
    cause: 'secrets, the mesh configuration and the authority are looked for beside istiod',
    fix: {
      withFile: `write istioNamespace: ${elsewhere} on cluster {cluster} in the mesh file, if that one is the mesh’s`,
      byHand: 'isthmus doctor --context {context} without a mesh file finds the namespace by itself',
    },
  };
}

/**
 * Every revision serves proxies of its own, so that one is ready says nothing of another. A revision that
 * was scaled down beside one that is ready may have been left on purpose.
 */
export function readiness(
  { spec }: Pick<MeshCluster, 'spec'>,
  deployments: readonly Deployment[],
  pods: readonly Pick<RunningPod, 'ready' | 'labels'>[],
): Findings {
  const ready = new Set(pods.filter((pod) => pod.ready).map(({ labels }) => revisionOf(labels)));
  const serves = ({ metadata }: Deployment) => ready.has(revisionOf(metadata?.labels));
  const others = deployments.some(serves);
  return merge(
    deployments
      .filter((one) => !serves(one))
      .map((one) => {
        const finding = unready(spec.name, one);
        return others && one.spec?.replicas === 0 ? warnings(finding) : failures(finding);
      }),
  );
}

const revisionOf = (labels: Readonly<Record<string, string>> = {}): string =>
  labels['istio.io/rev'] ?? 'default';

function unready(cluster: string, deployment: Deployment): Finding {
  const wanted = deployment.spec?.replicas ?? 1;
  const { namespace, name } = deployment.metadata ?? {};
  return {
    cluster,
    object: nameOf('Deployment', deployment),
    message: wanted === 0 ? 'is scaled to 0 replicas' : `has none of its ${wanted} replicas ready`,
    cause: 'proxies keep their last configuration and new pods get no sidecar and no certificate',
    fix:
      wanted === 0
        ? `kubectl --context {context} -n ${namespace} scale deployment/${name} --replicas=1`
        : `kubectl --context {context} -n ${namespace} describe pods -l app=istiod`,
  };
}

/** Image tag of istiod's container, which is Istio's version. */
export function tagOf(deployment: Deployment): string {
  const image =
    deployment.spec?.template?.spec?.containers?.find(({ name }) => name === 'discovery')?.image ?? '';
  return /:([^:/@]+)(@|$)/.exec(image)?.[1] ?? 'unknown';
}

/** A tag such as `latest`, or a digest alone, says nothing that could be compared. */
export function unreadableVersions(
  { spec }: Pick<MeshCluster, 'spec'>,
  deployments: readonly Deployment[],
): Findings {
  const unreadable = deployments.filter((one) => Number.isNaN(minorOf(tagOf(one))));
  return warnings(
    ...unreadable.map((deployment) => ({
      cluster: spec.name,
      object: nameOf('Deployment', deployment),
      message: 'runs an image whose tag is no version, so it was not compared with the others',
      evidence: `tag ${tagOf(deployment)}`,
      cause: 'istiod’s version is read from the tag of its image',
      fix: 'give istiod’s image a tag that is a version of Istio, such as 1.31.0',
    })),
  );
}

const isReadable = (tag: string): boolean => !Number.isNaN(minorOf(tag));

async function versions(
  { spec }: MeshCluster,
  deployments: readonly Deployment[],
  { facts, clusters }: CheckRunContext,
): Promise<Findings> {
  const own = new Set(deployments.map(tagOf).filter(isReadable));
  const peers = clusters.filter((one) => one.spec.name !== spec.name);
  const found = await Promise.all(
    peers.map(async (peer) => {
      if (!(await facts.answers(peer))) return failures();
      const tags = new Set((await facts.istiodDeployments(peer)).map(tagOf).filter(isReadable));
      const comparable = own.size > 0 && tags.size > 0 && !sameSet(own, tags);
      return comparable ? skew(spec, own, { name: peer.spec.name, tags }) : failures();
    }),
  );
  return merge(found);
}

function skew(spec: ClusterSpec, own: Set<string>, peer: { name: string; tags: Set<string> }): Findings {
  const minors = [...own, ...peer.tags].map(minorOf);
  const distance = Math.max(...minors) - Math.min(...minors);
  const problem: Finding = {
    cluster: spec.name,
    object: `Deployment ${istioNamespaceOf(spec)}/istiod`,
    message: `runs istiod ${[...own].join(', ')} while ${peer.name} runs ${[...peer.tags].join(', ')}`,
    cause: 'an upgrade is under way, or one cluster was left out of it',
    fix: {
      withFile: 'finish the upgrade: set spec.istio.version and run isthmus up',
      byHand: 'finish the upgrade: istioctl install --context {context} in the version that the others run',
    },
  };
  return distance > 1 ? failures(problem) : warnings(problem);
}

const sameSet = (a: Set<string>, b: Set<string>): boolean =>
  a.size === b.size && [...a].every((one) => b.has(one));

/** The istiod that fills in a webhook; one of a tag has its revision's label as well. */
function istiodOf({ metadata }: MutatingWebhookConfiguration): string {
  const revision = revisionOf(metadata?.labels);
  return revision === 'default' ? 'deployment/istiod' : `deployment/istiod-${revision}`;
}

function webhooks({ spec }: MeshCluster, hooks: readonly MutatingWebhookConfiguration[]): Findings {
  if (hooks.length === 0)
    return failures({
      cluster: spec.name,
      object: 'MutatingWebhookConfiguration istio-sidecar-injector',
      message: 'does not exist, so no pod gets a sidecar',
    });
  const empty = hooks.filter((hook) => hook.webhooks?.some(({ clientConfig }) => !clientConfig?.caBundle));
  return failures(
    ...empty.map((hook) => ({
      cluster: spec.name,
      object: nameOf('MutatingWebhookConfiguration', hook),
      message: 'has no caBundle, so the API server cannot call istiod',
      cause: 'istiod writes it when it starts; it could not, or something overwrote it',
      fix: `kubectl --context {context} -n {istioNamespace} rollout restart ${istiodOf(hook)}`,
    })),
  );
}
