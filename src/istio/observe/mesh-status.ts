import type { CallOptions, Deployment } from '../../kubernetes/index.ts';
import { inspect } from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { CertificateStatus, ClusterStatus, RemoteStatus } from '../../report/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import { type RemoteSecretState, remoteSecrets } from '../remotes/remote-state.ts';
import { readAuthority } from '../trust/plugged-authority.ts';
import { remoteClusterStatus } from './istiod.ts';
import { runningIstiods } from './running-pods.ts';

/** How many istiods of all revisions are ready, and their versions; undefined if there is none. */
export async function istiodStatus(
  cluster: MeshCluster,
  { signal }: CallOptions = {},
): Promise<ClusterStatus['istiod']> {
  const deployments = await cluster.kube.list<Deployment>('apps/v1', 'Deployment', {
    namespace: istioNamespaceOf(cluster.spec),
    labelSelector: 'app=istiod',
    signal,
  });
  if (deployments.length === 0) return undefined;
  const versions = [...new Set(deployments.flatMap((one) => versionOf(one) ?? []))];
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
  return {
    ready: sum(deployments.map(({ status }) => status?.readyReplicas ?? 0)),
    total: sum(deployments.map(({ spec }) => spec?.replicas ?? 1)),
    ...(versions.length > 0 ? { version: versions.sort().join(', ') } : {}),
  };
}

/** Version of the istiod that `up` brings into shape, by its image's tag; undefined where there is none yet. */
export async function installedVersion(
  { kube, spec }: MeshCluster,
  { signal }: CallOptions = {},
): Promise<string | undefined> {
  const namespace = istioNamespaceOf(spec);
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'istiod' };
  const istiod = await kube.get<Deployment>(ref, { signal });
  return istiod && versionOf(istiod);
}

function versionOf({ spec }: Deployment): string | undefined {
  const discovery = spec?.template?.spec?.containers?.find(({ name }) => name === 'discovery');
  return /:([^:@/]+)(?:@|$)/.exec(discovery?.image ?? '')?.[1];
}

/** Root and intermediate of the cluster's `cacerts`; empty without one. */
export async function trustStatus(
  cluster: MeshCluster,
  { signal }: CallOptions = {},
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

/** How every running istiod of a cluster sees each of its peers, and by what token. */
export async function remoteStatus(cluster: MeshCluster, options: CallOptions = {}): Promise<RemoteStatus[]> {
  const [pods, secrets] = await Promise.all([
    runningIstiods(cluster, options),
    remoteSecrets(cluster, options),
  ]);
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
          ...tokenOf(secrets.find(({ peer }) => peer === id)),
        }));
    }),
  );
  return seen.flat();
}

function tokenOf(secret: RemoteSecretState | undefined): Pick<RemoteStatus, 'token'> {
  if (secret?.credential !== 'token') return {};
  const { life, issued } = secret;
  return {
    token: life ? { access: 'bounded', issued, expires: life.expires } : { access: 'secret', issued },
  };
}
