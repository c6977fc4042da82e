import type { CallOptions, Secret } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { SYSTEM_NAMESPACE } from '../names.ts';
import { isAccepted } from './issue-token.ts';
import { parseRemoteKubeconfig } from './remote-kubeconfig.ts';
import { issuedOf } from './remote-secret.ts';
import { readToken, type TokenLife } from './remote-token.ts';

/** One Secret by which an istiod reaches a peer, whoever made it; the token itself stays inside. */
export interface RemoteSecretState {
  /** Name of the Secret in istio-system. */
  readonly secret: string;
  /** Cluster name that istiod gives the peer: the key in the Secret. */
  readonly peer: string;
  /** False if the kubeconfig cannot be read or has no token. */
  readonly readable: boolean;
  readonly server: string;
  /** PEM; empty if none is stated. */
  readonly certificateAuthority: string;
  /** Undefined for a token without an end. */
  readonly life: TokenLife | undefined;
  /** When the token was issued, as far as it or its Secret says. */
  readonly issued: Date;
  /** isthmus made it, so that a token without an end is of this holder alone and is replaced in time. */
  readonly managed: boolean;
  /** Ask the peer whether it still takes the token. */
  acceptedBy(peer: MeshCluster, options?: CallOptions): Promise<boolean>;
}

/** Every remote secret of a cluster, one entry per peer in it. */
export async function remoteSecrets(
  cluster: MeshCluster,
  { signal }: CallOptions = {},
): Promise<RemoteSecretState[]> {
  const secrets = await cluster.kube.list<Secret>('v1', 'Secret', {
    namespace: SYSTEM_NAMESPACE,
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
    certificateAuthority: access?.certificateAuthority ?? '',
    life,
    issued: life?.issued ?? issuedOf(secret),
    managed: secret.metadata?.labels?.['app.kubernetes.io/managed-by'] === 'isthmus',
    acceptedBy: async (target, { signal = never } = {}) =>
      access !== undefined && isAccepted(target, access.token, signal),
  };
}
