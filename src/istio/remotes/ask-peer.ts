import { messageOf } from '../../errors/index.ts';
import {
  type CallOptions,
  connectionAs,
  connectionFromKubeconfig,
  createClient,
  type KubeClient,
  refusalStatus,
  type UserEntry,
} from '../../kubernetes/index.ts';
import { sameRoots } from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { isAccepted } from './issue-token.ts';
import type { KubeconfigAccess } from './kubeconfig/read-kubeconfig.ts';
import type { AskingUser, RemoteCredential } from './kubeconfig/remote-credential.ts';
import { kubeconfigOf } from './kubeconfig/remote-kubeconfig.ts';
import { authorityForPods } from './peer-authority.ts';

/**
 * Whether the target, or another cluster, answers at a kubeconfig's address, told by the identity of kube-system;
 * undefined if nobody does that takes its credential, or there is none that this machine can use.
 */
export async function leadsTo(
  access: KubeconfigAccess,
  target: MeshCluster,
  options: CallOptions,
): Promise<'it' | 'another' | undefined> {
  const { credential } = access;
  if (!('user' in credential)) return undefined;
  const cluster = target.spec.name;
  const text = kubeconfigOf(access, credential.user);
  const [there, own] = await Promise.all([
    // What keeps this machine from it says nothing of the way that istiods have.
    connectionFromKubeconfig({ cluster, text })
      .then((connection) => identityOf(createClient(connection), options))
      .catch(() => undefined),
    identityOf(target.kube, options),
  ]);
  if (!there || !own) return undefined;
  return there === own ? 'it' : 'another';
}

/** Made when the cluster is and never again, so no two clusters have the same. */
async function identityOf(kube: KubeClient, options: CallOptions): Promise<string | undefined> {
  const ref = { apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' };
  return (await kube.get(ref, options))?.metadata?.uid;
}

/**
 * Does the target take a credential? A token is shown to it for a review; as whom a certificate or a password stands
 * for it is asked, by this machine's way to it. Undefined for one that this machine does not have, or that
 * goes only where nobody can listen, and for a certificate that is refused where it may not have arrived: what ends
 * TLS on the way, as a proxy does, hands none on.
 */
export async function isTakenBy(
  target: MeshCluster,
  credential: RemoteCredential,
  options: CallOptions & { readonly signal: AbortSignal },
): Promise<boolean | undefined> {
  if (credential.kind === 'token') return isAccepted(target, credential.token, options.signal);
  if (!('user' in credential)) return undefined;
  const { connection } = target.kube;
  const { server, skipTLSVerify } = connection.config.cluster;
  if (!server.startsWith('https:') || skipTLSVerify) return undefined;
  // Not every way to a cluster can ask as somebody else.
  if (credential.user['as']) return undefined;
  try {
    return Boolean(
      await identityOf(createClient(connectionAs(connection, entryOf(credential.user))), options),
    );
  } catch (error) {
    const status = refusalStatus(error);
    if (status !== 401 && status !== 403) throw error;
    const isUnknown = status === 401 || messageOf(error).includes('"system:anonymous"');
    if (credential.kind === 'certificate' && isUnknown && !(await endsTls(target, options))) return undefined;
    // istiod needs to read namespaces too, so one that may not is of no use to it.
    return false;
  }
}

/**
 * Does TLS of this machine's way end at the API server itself? It does where it is verified by the authority that the
 * cluster tells its own pods; of any other nobody knows whose it is.
 */
async function endsTls({ kube }: MeshCluster, options: CallOptions): Promise<boolean> {
  const told = await authorityForPods(kube, options).catch(() => undefined);
  const { certificateAuthority } = kube.connection;
  return certificateAuthority !== undefined && sameRoots(told ?? '', certificateAuthority);
}

const entryOf = (user: AskingUser): Omit<UserEntry, 'name'> => ({
  certData: user['client-certificate-data'] as string | undefined,
  keyData: user['client-key-data'] as string | undefined,
  username: user['username'] as string | undefined,
  password: user['password'] as string | undefined,
  impersonateUser: user['as'] as string | undefined,
  impersonateGroups: user['as-groups'] as string[] | undefined,
  impersonateExtra: user['as-user-extra'] as UserEntry['impersonateExtra'],
});
