import { isIsthmusError, messageOf } from '../../errors/index.ts';
import { isSynced, type RunningPod } from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, skip } from '../../report/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { verdict } from '../engine/findings.ts';
import { mebibytes, memoryProblems, observeMemory } from '../istiod/parts/istiod-memory.ts';
import { createRemoteSecret } from './parts/create-remote-secret.ts';
import { watchedClusters } from './parts/istiod-reading.ts';

export const remotes = defineCheck({
  id: 'remotes',
  title: 'every istiod pod is in sync with every other cluster’s API server',
  scope: 'cluster',
  severity: 'error',
  needs: ['istiod'],
  retryWhileRollingOut: true,
  cause: 'the remote secret is missing or wrong, or the other API server cannot be reached from istiod’s pod',
  inspect: [
    'istioctl --context CLUSTER remote-clusters',
    'kubectl --context CLUSTER -n istio-system logs deploy/istiod | grep -i remote',
  ],
  fix: {
    withFile: 'isthmus check secrets, then isthmus up',
    byHand: `${createRemoteSecret}; then istioctl remote-clusters --context {context} -i {istioNamespace}`,
  },
  timeoutMs: 20_000,
  async run(context, cluster) {
    const { facts, clusters } = context;
    const peers = clusters.filter((one) => one !== cluster).map(({ spec }) => spec.name);
    if (peers.length === 0) return skip('the mesh has one cluster');
    const pods = await facts.istiods(cluster);
    const [perPod, memory, deployments] = await Promise.all([
      Promise.all(pods.map((pod) => problemsOf(cluster, pod, { ...context, peers }))),
      observeMemory(cluster, pods, facts),
      facts.istiodDeployments(cluster),
    ]);
    const warnings = memoryProblems(cluster.spec, deployments, memory);
    const most = memory.length > 0 ? `, ${mebibytes(Math.max(...memory.map(({ bytes }) => bytes)))}` : '';
    const detail = `${pods.length} istiod × ${peers.length} peers synced${most}`;
    const none = { cluster: cluster.spec.name, message: 'no istiod pod runs' };
    const failures = pods.length > 0 ? perPod.flat() : [none];
    return verdict({ failures, warnings }, { detail, looked: pods.length, nothing: 'no istiod pod runs' });
  },
});

/** A pod that does not become ready may not answer either; that is the finding then. */
async function problemsOf(
  cluster: MeshCluster,
  { name, ready }: RunningPod,
  context: CheckRunContext & { peers: readonly string[] },
): Promise<Finding[]> {
  try {
    return await podProblems(cluster, name, context);
  } catch (error) {
    if (ready || context.signal.aborted || !isIsthmusError(error)) throw error;
    return [
      {
        cluster: cluster.spec.name,
        object: `Pod ${istioNamespaceOf(cluster.spec)}/${name}`,
        message: 'is not ready and does not say what it watches',
        evidence: messageOf(error),
        fix: `kubectl --context {context} -n {istioNamespace} logs ${name} --all-containers`,
      },
    ];
  }
}

/** A peer that istiod does not watch at all is as bad as one that it cannot reach. */
async function podProblems(
  cluster: MeshCluster,
  pod: string,
  { peers, facts }: CheckRunContext & { peers: readonly string[] },
): Promise<Finding[]> {
  const statuses = await watchedClusters(facts, cluster, pod);
  const unsynced = statuses.some(({ syncStatus }) => !isSynced(syncStatus));
  const timeout = unsynced ? await remoteTimeout(cluster, facts) : '';
  return peers.flatMap((peer): Finding[] => {
    const status = statuses.find(({ id }) => id === peer);
    if (status && isSynced(status.syncStatus)) return [];
    return [
      {
        cluster: cluster.spec.name,
        peer,
        object: `Pod ${istioNamespaceOf(cluster.spec)}/${pod}`,
        message: status ? `is not in sync with ${peer}: ${status.syncStatus}` : `does not know ${peer}`,
        evidence: status
          ? `secret ${status.secretName}, status ${status.syncStatus}`
          : `it watches ${statuses.map(({ id }) => id).join(', ')}`,
        cause: status
          ? `istiod’s pod cannot reach or read ${peer}’s API server${timeout}`
          : `no remote secret of ${peer} was read`,
      },
    ];
  });
}

/** How long an istiod that starts waits for the others before it is ready without them. */
async function remoteTimeout(cluster: MeshCluster, facts: CheckRunContext['facts']): Promise<string> {
  const revisions = await facts.istiodRevisions(cluster);
  const [own] = revisions.flatMap(({ environment }) => environment['PILOT_REMOTE_CLUSTER_TIMEOUT'] ?? []);
  return `; at its start it waits ${own ?? '30s'} for it (PILOT_REMOTE_CLUSTER_TIMEOUT), then it is ready without those endpoints`;
}
