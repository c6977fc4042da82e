import type { CallOptions } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istiodDebug } from './istiod.ts';

/** A gateway by which one istiod sends requests to another network, host names resolved. */
export interface NetworkGateway {
  /** Cluster whose Service it is; empty for one that the mesh configuration names. */
  readonly cluster: string;
  readonly address: string;
}

interface Answer {
  readonly Cluster?: string;
  readonly Addr?: string;
}

/** The gateways that one istiod knows, those of its own cluster included (istio.io/istio pilot/pkg/xds/debug.go). */
export async function networkGateways(
  cluster: MeshCluster,
  istiodPod: string,
  options: CallOptions = {},
): Promise<NetworkGateway[]> {
  const answer = (await istiodDebug(cluster, istiodPod, { path: '/debug/networkz', ...options })) as
    | readonly Answer[]
    | null;
  return (answer ?? []).map((one) => ({ cluster: one.Cluster ?? '', address: one.Addr ?? '' }));
}
