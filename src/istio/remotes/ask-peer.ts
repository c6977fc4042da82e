import {
  type CallOptions,
  connectionAs,
  connectionFromKubeconfig,
  createClient,
  type KubeClient,
  refusalStatus,
  type UserEntry,
} from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { isAccepted } from './issue-token.ts';
import type { KubeconfigAccess } from './kubeconfig/read-kubeconfig.ts';
import type { AskingUser, RemoteCredential } from './kubeconfig/remote-credential.ts';
import { kubeconfigOf } from './kubeconfig/remote-kubeconfig.ts';

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
 * goes only where nobody can listen.
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
    // istiod needs to read namespaces too, so one that may not is of no use to it.
    if (status === 401 || status === 403) return false;
    throw error;
  }
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
