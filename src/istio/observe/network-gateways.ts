import type { MeshCluster } from '../../provider/index.ts';
import { istiodDebug } from './istiod.ts';
import type { LookOptions } from './pod-command.ts';

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
  options: LookOptions = {},
): Promise<NetworkGateway[]> {
  const answer = (await istiodDebug(cluster, istiodPod, '/debug/networkz', options)) as
    | readonly Answer[]
    | null;
  return (answer ?? []).map((one) => ({ cluster: one.Cluster ?? '', address: one.Addr ?? '' }));
}
