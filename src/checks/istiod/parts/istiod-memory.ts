import { istiodMemory, type RunningPod } from '../../../istio/index.ts';
import { type Deployment, parseQuantity } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import { type ClusterSpec, istioNamespaceOf } from '../../../topology/index.ts';
import type { Facts } from '../../facts/facts.ts';

/** Bytes that one istiod pod holds. */
export interface PodMemory {
  readonly pod: string;
  readonly bytes: number;
}

/** What each istiod pod holds; one that does not say is left out, for memory alone breaks nothing. */
export async function observeMemory(
  cluster: MeshCluster,
  pods: readonly RunningPod[],
  facts: Facts,
): Promise<PodMemory[]> {
  const seen = await Promise.allSettled(
    pods.map(async ({ name }) => ({
      pod: name,
      bytes: istiodMemory(await facts.istiodMetrics(cluster, name)),
    })),
  );
  return seen.flatMap((one) =>
    one.status === 'fulfilled' && one.value.bytes !== undefined
      ? [{ pod: one.value.pod, bytes: one.value.bytes }]
      : [],
  );
}

/** Share of its limit from which a pod may be killed by the next cluster or a burst of changes. */
const tight = 0.9;

/** istiod keeps what it reads of every cluster, so it grows with each of them until its limit ends it. */
export function memoryProblems(
  spec: ClusterSpec,
  deployments: readonly Deployment[],
  memory: readonly PodMemory[],
): Finding[] {
  const stated = deployments.flatMap(({ spec }) =>
    (spec?.template?.spec?.containers ?? [])
      .filter(({ name }) => name === 'discovery')
      .flatMap(({ resources }) => resources?.limits?.['memory'] ?? []),
  );
  const unreadable = stated.filter((one) => parseQuantity(one) === undefined);
  const limits = stated.flatMap((one) => parseQuantity(one) ?? []);
  return [...unreadable.map((one) => unreadableLimit(spec, one)), ...nearLimit(spec, limits, memory)];
}

const unreadableLimit = (spec: ClusterSpec, limit: string): Finding => ({
  cluster: spec.name,
  object: `Deployment ${istioNamespaceOf(spec)}/istiod`,
  message: `has the memory limit ${limit}, which is no quantity, so nothing was compared with it`,
  cause: 'a quantity is a number with a unit such as Mi or Gi',
  fix: 'set the memory limit of istiod’s container to a quantity such as 2Gi',
});

function nearLimit(spec: ClusterSpec, limits: readonly number[], memory: readonly PodMemory[]): Finding[] {
  if (limits.length === 0) return [];
  const limit = Math.max(...limits);
  return memory
    .filter(({ bytes }) => bytes >= tight * limit)
    .map(({ pod, bytes }) => ({
      cluster: spec.name,
      object: `Pod ${istioNamespaceOf(spec)}/${pod}`,
      message: `holds ${mebibytes(bytes)} of the ${mebibytes(limit)} that it may`,
      cause: 'istiod keeps what it reads of every cluster, so it grows with each cluster of the mesh',
      fix: 'raise its memory limit, or narrow what it reads with meshConfig.discoverySelectors',
    }));
}

export const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
