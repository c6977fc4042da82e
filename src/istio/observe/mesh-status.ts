import type { KubeObject } from '../../kubernetes/index.ts';
import { inspect } from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { CertificateStatus, ClusterStatus, RemoteStatus } from '../../report/index.ts';
import { SYSTEM_NAMESPACE } from '../names.ts';
import { readAuthority } from '../trust/cacerts.ts';
import { remoteClusterStatus } from './istiod.ts';
import type { LookOptions } from './pod-command.ts';
import { runningPods } from './running-pods.ts';

interface DeploymentObject extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } };
  };
  readonly status?: { readonly readyReplicas?: number };
}

/** How many istiods are ready, and their version; undefined if there is none. */
export async function istiodStatus(
  cluster: MeshCluster,
  { signal }: LookOptions = {},
): Promise<ClusterStatus['istiod']> {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: SYSTEM_NAMESPACE, name: 'istiod' };
  const deployment = await cluster.kube.get<DeploymentObject>(ref, { signal });
  if (!deployment) return undefined;
  const image = deployment.spec?.template?.spec?.containers?.[0]?.image ?? '';
  const version = /:([^:@/]+)(?:@|$)/.exec(image)?.[1];
  return {
    ready: deployment.status?.readyReplicas ?? 0,
    total: deployment.spec?.replicas ?? 1,
    ...(version ? { version } : {}),
  };
}

/** Root and intermediate of the cluster's `cacerts`; empty without one. */
export async function trustStatus(
  cluster: MeshCluster,
  { signal }: LookOptions = {},
): Promise<{ root?: CertificateStatus; intermediate?: CertificateStatus }> {
  const data = await readAuthority(cluster, signal);
  if (!data) return {};
  const { 'root-cert.pem': root, 'ca-cert.pem': intermediate } = data;
  return {
    ...(root ? { root: certificateStatus(root) } : {}),
    ...(intermediate ? { intermediate: certificateStatus(intermediate) } : {}),
  };
}

function certificateStatus(pem: string): CertificateStatus {
  const { subject, fingerprintSha256, notAfter } = inspect(pem);
  return { subject, fingerprint: fingerprintSha256, notAfter };
}

/** How every running istiod of a cluster sees each of its peers. */
export async function remoteStatus(cluster: MeshCluster, options: LookOptions = {}): Promise<RemoteStatus[]> {
  const pods = await runningPods(cluster, SYSTEM_NAMESPACE, 'app=istiod', options);
  const seen = await Promise.all(
    pods.map(async ({ name: istiod }) => {
      const remotes = await remoteClusterStatus(cluster, istiod, options);
      return remotes
        .filter(({ id }) => id !== cluster.spec.name)
        .map(({ id, syncStatus }) => ({
          peer: id,
          istiod,
          synced: syncStatus === 'synced',
          state: syncStatus,
        }));
    }),
  );
  return seen.flat();
}
