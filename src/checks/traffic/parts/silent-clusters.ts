import type { ClusterFacts } from '../../../istio/index.ts';
import { SAMPLE_NAMESPACE } from '../../../istio/index.ts';
import type { Deployment } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding, Remedy } from '../../../report/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { nameOf } from '../../facts/objects.ts';
import { sampleService } from '../../facts/sample-service.ts';

const deploy: Remedy = {
  withFile: 'isthmus up',
  byHand:
    'kubectl --context {context} -n sample apply -f samples/helloworld/helloworld.yaml (of an Istio release)',
};

/**
 * Clusters that should answer, since the file gives each of them the sample, and have no ready pod
 * of it. The others answer in their place, so that nobody notices without being told.
 */
export async function silentClusters(
  facts: readonly ClusterFacts[],
  { clusters, signal }: CheckRunContext,
): Promise<Finding[]> {
  const silent = facts.filter(({ endpoints }) => !endpoints.some(({ ready }) => ready));
  const found = silent.flatMap(({ cluster }) => clusters.find(({ spec }) => spec.name === cluster) ?? []);
  return (await Promise.all(found.map((cluster) => explain(cluster, signal)))).flat();
}

async function explain(cluster: MeshCluster, signal: AbortSignal): Promise<Finding[]> {
  const deployments = await cluster.kube.list<Deployment>('apps/v1', 'Deployment', {
    namespace: SAMPLE_NAMESPACE,
    signal,
  });
  const own = deployments.filter((one) => one.metadata?.name?.startsWith(sampleService.name));
  const name = cluster.spec.name;
  const running = own.filter(({ status }) => (status?.readyReplicas ?? 0) > 0);
  if (running.length > 0) return [unselected(name, running)];
  if (own.length === 0)
    return [{ cluster: name, message: 'should answer and has no helloworld Deployment', fix: deploy }];
  return own.map((deployment) => deploymentProblem(name, deployment));
}

/** Its pods are ready, so it is the Service that does not lead to them. */
const unselected = (cluster: string, running: readonly Deployment[]): Finding => ({
  cluster,
  object: `Service ${SAMPLE_NAMESPACE}/${sampleService.name}`,
  message: 'does not exist or selects no ready pod, so other clusters answer in its place',
  evidence: `ready: ${running.map((one) => nameOf('Deployment', one)).join(', ')}`,
  cause: 'the Service was deleted, or its selector does not match the labels of the pods',
  fix: deploy,
});

function deploymentProblem(cluster: string, deployment: Deployment): Finding {
  const wanted = deployment.spec?.replicas ?? 1;
  const own = deployment.metadata?.name;
  const kubectl = `kubectl --context {context} -n ${SAMPLE_NAMESPACE}`;
  return {
    cluster,
    object: nameOf('Deployment', deployment),
    message:
      wanted === 0
        ? 'should answer and is scaled to 0 replicas, so other clusters answer in its place'
        : `should answer and has none of its ${wanted} replicas ready, so other clusters answer in its place`,
    evidence: `spec.replicas ${wanted}, status.readyReplicas ${deployment.status?.readyReplicas ?? 0}`,
    cause:
      'the expected split has no share for a cluster without ready pods, the mesh should have one from every cluster',
    fix:
      wanted === 0
        ? `${kubectl} scale deployment/${own} --replicas=1`
        : `${kubectl} describe deployment ${own}`,
  };
}
