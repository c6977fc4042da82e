import { istiodMemory, type RunningPod } from '../../../istio/index.ts';
import type { Deployment } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Problem } from '../../../report/index.ts';

/** Bytes that one istiod pod holds. */
export interface PodMemory {
  readonly pod: string;
  readonly bytes: number;
}

/** What each istiod pod holds; one that does not say is left out, for memory alone breaks nothing. */
export async function observeMemory(
  cluster: MeshCluster,
  pods: readonly RunningPod[],
  signal: AbortSignal,
): Promise<PodMemory[]> {
  const seen = await Promise.allSettled(
    pods.map(async ({ name }) => ({ pod: name, bytes: await istiodMemory(cluster, name, { signal }) })),
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
  cluster: string,
  deployments: readonly Deployment[],
  memory: readonly PodMemory[],
): Problem[] {
  const limits = deployments.flatMap(({ spec }) =>
    (spec?.template?.spec?.containers ?? [])
      .filter(({ name }) => name === 'discovery')
      .flatMap(({ resources }) => bytesOf(resources?.limits?.['memory']) ?? []),
  );
  if (limits.length === 0) return [];
  const limit = Math.max(...limits);
  return memory
    .filter(({ bytes }) => bytes >= tight * limit)
    .map(({ pod, bytes }) => ({
      cluster,
      object: `Pod istio-system/${pod}`,
      message: `holds ${mebibytes(bytes)} of the ${mebibytes(limit)} that it may`,
      cause: 'istiod keeps what it reads of every cluster, so it grows with each cluster of the mesh',
      fix: 'raise its memory limit, or narrow what it reads with meshConfig.discoverySelectors',
    }));
}

export const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

const units: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** A Kubernetes quantity such as `512Mi` in bytes; undefined without one. */
function bytesOf(quantity: string | undefined): number | undefined {
  const [, digits, unit = ''] = /^([\d.]+)(Ki|Mi|Gi|k|M|G)?$/.exec(quantity ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits) * (units[unit] ?? 1);
}
