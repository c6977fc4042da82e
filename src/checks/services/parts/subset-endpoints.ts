import { proxyClusters, proxyServerNames, runningEastWestGateways } from '../../../istio/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { someSidecars } from './some-sidecars.ts';

/** A subset that requests are sent to. */
export interface SubsetRoute {
  /** Full name. */
  readonly host: string;
  readonly subset: string;
}

/** Subsets without an endpoint in a proxy that knows the host, or that a gateway does not know. */
export async function subsetFindings(
  { clusters, facts, signal }: CheckRunContext,
  targets: readonly SubsetRoute[],
): Promise<Finding[]> {
  if (targets.length === 0) return [];
  const found = await Promise.all(
    clusters.flatMap((cluster) => [
      callers(cluster, targets, { facts, signal }),
      gateways(cluster, targets, signal),
    ]),
  );
  return found.flat();
}

async function callers(
  cluster: MeshCluster,
  targets: readonly SubsetRoute[],
  { facts, signal }: Pick<CheckRunContext, 'facts' | 'signal'>,
): Promise<Finding[]> {
  const sidecars = await someSidecars(cluster, { facts });
  const found = await Promise.all(
    sidecars.map(async (pod) => {
      const endpoints = await proxyClusters(cluster, pod, { signal });
      const healthy = endpoints.filter((one) => one.healthy).map((one) => one.cluster);
      const knows = (subset: string, host: string) =>
        healthy.some((name) => name.startsWith('outbound|') && name.endsWith(`|${subset}|${host}`));
      return targets
        .filter(({ subset, host }) => knows('', host) && !knows(subset, host))
        .map(({ subset, host }) => ({
          cluster: cluster.spec.name,
          object: `Pod ${pod.namespace}/${pod.name}`,
          message: `its proxy has no healthy endpoint for ${subset} of ${host}, so that share of its requests fails`,
          cause: 'no ready pod has the labels of the subset, or this primary does not declare it',
          fix: `run pods for ${subset}, or give its share to others in every cluster`,
        }));
    }),
  );
  return found.flat();
}

async function gateways(
  cluster: MeshCluster,
  targets: readonly SubsetRoute[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const pods = await runningEastWestGateways(cluster, { signal });
  const ready = pods.filter((pod) => pod.ready);
  const found = await Promise.all(
    ready.map(async (pod) => {
      const names = [...(await proxyServerNames(cluster, pod, { signal }))];
      const knows = (subset: string, host: string) =>
        names.some((name) => name.endsWith(`_.${subset}_.${host}`));
      return targets
        .filter(({ subset, host }) => knows('', host) && !knows(subset, host))
        .map(({ subset, host }) => ({
          cluster: cluster.spec.name,
          object: `Pod ${pod.namespace}/${pod.name}`,
          message: `the gateway does not know ${subset} of ${host} and resets requests for it`,
          cause: 'no DestinationRule that its namespace sees declares the subset in this cluster',
          fix: 'declare the subset here as in the other clusters, with exportTo: ["*"]',
        }));
    }),
  );
  return found.flat();
}
