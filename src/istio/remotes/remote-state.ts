import type { CallOptions, Secret } from '../../kubernetes/index.ts';
import { readableCertificates } from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istioOf } from '../observe/mesh-config.ts';
import { isTakenBy, leadsTo } from './ask-peer.ts';
import { type KubeconfigAccess, readRemoteKubeconfig } from './kubeconfig/read-kubeconfig.ts';
import type { InsecureUse, RemoteCredential } from './kubeconfig/remote-credential.ts';
import { labelledSecrets } from './labelled-secrets.ts';
import { issuedOf } from './remote-secret.ts';
import { readToken, type TokenLife } from './remote-token.ts';

/** One Secret by which an istiod reaches a peer, whoever made it; the credential itself stays inside. */
export interface RemoteSecretState {
  /** Name of the Secret in istiod's namespace. */
  readonly secret: string;
  /** Cluster name that istiod gives the peer: the key in the Secret. */
  readonly peer: string;
  /** Why istiod makes nothing of the kubeconfig; undefined if it does. */
  readonly refused: string | undefined;
  /** What every istiod that reads it must be allowed to use. */
  readonly insecure: readonly InsecureUse[];
  /** By what istiod signs in; undefined where the kubeconfig is refused. */
  readonly credential: RemoteCredential['kind'] | undefined;
  /** Where istiod gets what this machine cannot try; empty where the kubeconfig holds it. */
  readonly credentialFrom: string;
  /** By what the API server's certificate is verified. */
  readonly verifiedBy: KubeconfigAccess['verifiedBy'];
  readonly server: string;
  /** By which the API server's certificate is verified; empty where it is the server's own name. */
  readonly serverName: string;
  /** By which istiod goes there; empty where it goes straight. */
  readonly proxy: string;
  /** PEM; empty if none is stated. */
  readonly certificateAuthority: string;
  /** Of its token or client certificate; undefined for what has no end. */
  readonly life: TokenLife | undefined;
  /** When the token or certificate was issued, as far as it or its Secret says. */
  readonly issued: Date;
  /** isthmus made it, so that a token without an end is of this holder alone and is replaced in time. */
  readonly managed: boolean;
  /** When anybody last wrote to the Secret. */
  readonly changed: Date;
  /**
   * Whether the peer, or another cluster, is what this machine reaches by the address and the credential, told by the
   * identity of kube-system; undefined if nobody that takes it answers.
   */
  leadsTo(peer: MeshCluster, options?: CallOptions): Promise<'it' | 'another' | undefined>;
  /** Ask the peer whether it still takes the credential; undefined if there is none that can be tried from here. */
  acceptedBy(peer: MeshCluster, options?: CallOptions): Promise<boolean | undefined>;
}

/** Every remote secret of a cluster, one entry per peer in it. */
export async function remoteSecrets(
  cluster: MeshCluster,
  { signal }: CallOptions = {},
): Promise<RemoteSecretState[]> {
  const secrets = await labelledSecrets(istioOf(cluster), { signal });
  return secrets.flatMap((secret) =>
    Object.entries(secret.data ?? {}).map(([peer, encoded]) => stateOf(secret, peer, encoded)),
  );
}

function stateOf(secret: Secret, peer: string, encoded: string): RemoteSecretState {
  const { access, refused, insecure } = readRemoteKubeconfig(Buffer.from(encoded, 'base64').toString('utf8'));
  const { credential, server = '', serverName = '', certificateAuthority = '', proxy = '' } = access ?? {};
  const life = credential && lifeOf(credential);
  const never = new AbortController().signal;
  return {
    secret: secret.metadata?.name ?? '',
    peer,
    refused,
    insecure,
    credential: credential?.kind,
    credentialFrom: credential?.kind === 'elsewhere' ? credential.what : '',
    server,
    serverName,
    proxy,
    certificateAuthority,
    verifiedBy: access?.verifiedBy ?? 'authority',
    life,
    issued: life?.issued ?? issuedOf(secret),
    managed: secret.metadata?.labels?.['app.kubernetes.io/managed-by'] === 'isthmus',
    changed: changeOf(secret),
    leadsTo: async (target, { signal = never } = {}) =>
      access && leadsTo(access, target, { signal, timeoutMs: 3000 }),
    acceptedBy: async (target, { signal = never } = {}) =>
      credential && isTakenBy(target, credential, { signal }),
  };
}

function lifeOf(credential: RemoteCredential): TokenLife | undefined {
  if (credential.kind === 'token') return readToken(credential.token)?.life;
  if (credential.kind !== 'certificate') return undefined;
  const [certificate] = readableCertificates(credential.certificate);
  return certificate && { issued: certificate.notBefore, expires: certificate.notAfter };
}

function changeOf({ metadata }: Secret): Date {
  const times = (metadata?.managedFields ?? []).flatMap(({ time }) => (time ? new Date(time).getTime() : []));
  return new Date(Math.max(new Date(metadata?.creationTimestamp ?? 0).getTime(), ...times));
}
