import {
  type CallOptions,
  connectionFromKubeconfig,
  createClient,
  type KubeClient,
  type Secret,
} from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import { isAccepted } from './issue-token.ts';
import { kubeconfigOf, parseRemoteKubeconfig, type RemoteAccess } from './remote-kubeconfig.ts';
import { issuedOf } from './remote-secret.ts';
import { readToken, type TokenLife } from './remote-token.ts';

/** One Secret by which an istiod reaches a peer, whoever made it; the token itself stays inside. */
export interface RemoteSecretState {
  /** Name of the Secret in istiod's namespace. */
  readonly secret: string;
  /** Cluster name that istiod gives the peer: the key in the Secret. */
  readonly peer: string;
  /** False if the kubeconfig cannot be read or has no token. */
  readonly readable: boolean;
  readonly server: string;
  /** By which the API server's certificate is verified; empty where it is the server's own name. */
  readonly serverName: string;
  /** PEM; empty if none is stated. */
  readonly certificateAuthority: string;
  /** Undefined for a token without an end. */
  readonly life: TokenLife | undefined;
  /** When the token was issued, as far as it or its Secret says. */
  readonly issued: Date;
  /** isthmus made it, so that a token without an end is of this holder alone and is replaced in time. */
  readonly managed: boolean;
  /** When anybody last wrote to the Secret. */
  readonly changed: Date;
  /**
   * Whether the peer, or another cluster, is what this machine reaches by the address and the token, told by the
   * identity of kube-system; undefined if nobody that takes the token answers.
   */
  leadsTo(peer: MeshCluster, options?: CallOptions): Promise<'it' | 'another' | undefined>;
  /** Ask the peer whether it still takes the token. */
  acceptedBy(peer: MeshCluster, options?: CallOptions): Promise<boolean>;
}

/** Every remote secret of a cluster, one entry per peer in it. */
export async function remoteSecrets(
  cluster: MeshCluster,
  { signal }: CallOptions = {},
): Promise<RemoteSecretState[]> {
  const secrets = await cluster.kube.list<Secret>('v1', 'Secret', {
    namespace: istioNamespaceOf(cluster.spec),
    labelSelector: 'istio/multiCluster=true',
    signal,
  });
  return secrets.flatMap((secret) =>
    Object.entries(secret.data ?? {}).map(([peer, encoded]) => stateOf(secret, peer, encoded)),
  );
}

function stateOf(secret: Secret, peer: string, encoded: string): RemoteSecretState {
  const access = parseRemoteKubeconfig(Buffer.from(encoded, 'base64').toString('utf8'));
  const life = access && readToken(access.token)?.life;
  const never = new AbortController().signal;
  return {
    secret: secret.metadata?.name ?? '',
    peer,
    readable: access !== undefined,
    server: access?.server ?? '',
    serverName: access?.serverName ?? '',
    certificateAuthority: access?.certificateAuthority ?? '',
    life,
    issued: life?.issued ?? issuedOf(secret),
    managed: secret.metadata?.labels?.['app.kubernetes.io/managed-by'] === 'isthmus',
    changed: changeOf(secret),
    leadsTo: async (target, { signal = never } = {}) =>
      access && leadsTo(access, target, { signal, timeoutMs: 3000 }),
    acceptedBy: async (target, { signal = never } = {}) =>
      access !== undefined && isAccepted(target, access.token, signal),
  };
}

function changeOf({ metadata }: Secret): Date {
  const times = (metadata?.managedFields ?? []).flatMap(({ time }) => (time ? new Date(time).getTime() : []));
  return new Date(Math.max(new Date(metadata?.creationTimestamp ?? 0).getTime(), ...times));
}

async function leadsTo(
  access: RemoteAccess,
  target: MeshCluster,
  options: CallOptions,
): Promise<'it' | 'another' | undefined> {
  const cluster = target.spec.name;
  const connection = await connectionFromKubeconfig({ cluster, text: kubeconfigOf(access) });
  // What keeps this machine from it says nothing of the way that istiods have.
  const [there, own] = await Promise.all([
    identityOf(createClient(connection), options).catch(() => undefined),
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
