import { proxyClusters } from '../../../istio/index.ts';
import type { EndpointSlice } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { eachCluster } from '../../engine/each-cluster.ts';
import { someSidecars } from './some-sidecars.ts';

/** Endpoints of a host that is kept in its clusters which proxies of a cluster have from elsewhere. */
export async function strayEndpoints(context: CheckRunContext, host: string): Promise<Finding[]> {
  const found = await eachCluster(context.clusters, (cluster) => straysOf(context, cluster, host));
  return found.flat();
}

async function straysOf(
  { facts, signal }: CheckRunContext,
  cluster: MeshCluster,
  host: string,
): Promise<Finding[]> {
  const [sidecars, slices] = await Promise.all([
    someSidecars(cluster, { facts }),
    facts.objects<EndpointSlice>(cluster, 'discovery.k8s.io/v1', 'EndpointSlice'),
  ]);
  const own = new Set(
    slices.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses)),
  );
  const found = await Promise.all(
    sidecars.map(async (pod): Promise<Finding[]> => {
      const endpoints = await proxyClusters(cluster, pod, { signal });
      const stray = endpoints.find(
        (one) => one.cluster.endsWith(`|${host}`) && isOutbound(one.cluster) && !own.has(one.address),
      );
      if (!stray) return [];
      return [
        {
          cluster: cluster.spec.name,
          object: `Pod ${pod.namespace}/${pod.name}`,
          message: `its proxy has ${stray.address}:${stray.port} of another cluster for ${host}`,
          cause: 'its istiod does not keep the host in its clusters, or did not when the proxy was told',
          fix: 'give this primary the same serviceSettings as the others',
        },
      ];
    }),
  );
  return found.flat();
}

const isOutbound = (name: string) => name.startsWith('outbound|');
