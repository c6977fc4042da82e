import type { CallOptions } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { ServiceObservation } from './service-observation.ts';

/** A Service port as callers name it. */
export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
  /** The Service's port number. */
  readonly port: number;
}

export interface ExpectedOptions extends CallOptions {
  readonly clusters: readonly MeshCluster[];
  /** Name of the cluster whose pods ask. */
  readonly from: string;
  readonly service: ServiceRef;
  /** istiod of `from` keeps the host in its cluster, whatever the others have of it. */
  readonly clusterLocal?: boolean | undefined;
  /** How the service is read in one cluster; by default anew for every caller. */
  readonly observe?: ((cluster: MeshCluster) => Promise<ServiceObservation>) | undefined;
}
