import { regionOf } from '../region.ts';
import type { MeshFile } from '../schema/mesh-schema.ts';
import type { Fault } from './fault.ts';
import { type IndexedService, servicePath } from './indexed-service.ts';

type FileClusters = MeshFile['spec']['clusters'];

/** The caller's own cluster, one that steps in for it, and all the rest: Istio has no fourth place. */
const places = 3;

/**
 * Orders that Istio cannot keep. With two clusters the own one goes first by its name. An order among
 * several others can be told by the regions of their pods alone (istio.io/istio
 * pilot/pkg/networking/core/loadbalancer, release-1.31: a gateway's endpoint keeps the region of the
 * pods behind it, and `failover` names one region after the own).
 */
export function failoverFaults({ clusters }: MeshFile['spec'], service: IndexedService): Fault[] {
  const { failover } = service.spec;
  if (!failover || clusters.length < places) return [];
  const path = servicePath(service, 'failover');
  if (failover.length > places)
    return [
      {
        path: [...path, places],
        message: `failover names ${failover.length} clusters, and Istio ranks three: the caller’s own, one after it and the rest`,
        hint: 'name at most three; those that are not named step in last',
      },
    ];
  return regionFaults(clusters, path);
}

function regionFaults(clusters: FileClusters, path: readonly (string | number)[]): Fault[] {
  const regions = clusters.map((cluster) => ({ name: cluster.name, region: regionOf(cluster) }));
  const unknown = regions.filter(({ region }) => region === undefined);
  if (unknown.length > 0)
    return [
      {
        path,
        message: `an order among ${clusters.length} clusters goes by the regions of their nodes, and that of ${unknown.map(({ name }) => name).join(', ')} is not stated`,
        hint: 'state region in each such entry of spec.clusters, as its nodes’ label topology.kubernetes.io/region says',
      },
    ];
  const twin = regions.find(({ region }, at) => regions.findIndex((one) => one.region === region) < at);
  if (!twin) return [];
  const other = regions.find(({ region }) => region === twin.region);
  return [
    {
      path,
      message: `an order among ${clusters.length} clusters goes by the regions of their nodes, and ${other?.name} and ${twin.name} are both in ${twin.region}`,
      hint: 'clusters of one region cannot be ranked before those of another; put them into different regions or leave failover out',
    },
  ];
}
