import { IsthmusError } from '../../errors/index.ts';
import type { CallOptions, ConfigMap, KubeClient } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';

/**
 * The authority by which other clusters' istiods verify an API server, PEM; undefined for a public one. Where the
 * kubeconfig verifies nothing, it is the one that the cluster tells its own pods. Throws KUBECONFIG_INVALID if it
 * tells none: without it every istiod would refuse the certificate.
 */
export async function authorityForPeers(
  { kube, spec }: MeshCluster,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { certificateAuthority, apiServerForPeers, config } = kube.connection;
  const isUnverified = config.cluster.skipTLSVerify && apiServerForPeers.startsWith('https:');
  if (certificateAuthority || !isUnverified) return certificateAuthority;
  const told = await authorityForPods(kube, { signal });
  if (told) return told;
  throw new IsthmusError(
    'KUBECONFIG_INVALID',
    `the kubeconfig of cluster ${spec.name} does not verify its API server, and its ConfigMap kube-system/kube-root-ca.crt names no authority`,
    {
      hint: 'put certificate-authority-data into the kubeconfig: the istiods of the other clusters verify it',
    },
  );
}

/** The authority by which a cluster's pods verify its API server, PEM; undefined if the cluster tells of none. */
export async function authorityForPods(kube: KubeClient, options: CallOptions): Promise<string | undefined> {
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'kube-system', name: 'kube-root-ca.crt' };
  return (await kube.get<ConfigMap>(ref, options))?.data?.['ca.crt'];
}
