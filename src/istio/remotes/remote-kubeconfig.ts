import { parse, stringify } from 'yaml';
import { IsthmusError } from '../../errors/index.ts';
import type { KubeConnection } from '../../kubernetes/index.ts';

/** What a remote secret's kubeconfig says, as far as it matters. */
export interface RemoteAccess {
  readonly server: string;
  /** PEM; empty when the API server's certificate is a public one's. */
  readonly certificateAuthority: string;
  /** A secret. */
  readonly token: string;
}

/** The kubeconfig that istiod of another cluster uses, as `istioctl create-remote-secret` lays it out. */
export function remoteKubeconfig(connection: KubeConnection, token: string): string {
  const name = connection.cluster;
  const authority = connection.certificateAuthority;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: connection.apiServerForPeers,
          ...(authority ? { 'certificate-authority-data': Buffer.from(authority).toString('base64') } : {}),
        },
      },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
    preferences: {},
  });
}

interface Document {
  clusters?: { cluster?: { server?: string; 'certificate-authority-data'?: string } }[];
  users?: { user?: { token?: string } }[];
}

/** Read a remote secret's kubeconfig; undefined if it is broken or has no token. */
export function parseRemoteKubeconfig(text: string): RemoteAccess | undefined {
  try {
    const document = parse(text) as Document | null;
    const cluster = document?.clusters?.[0]?.cluster;
    const token = document?.users?.[0]?.user?.token;
    if (!cluster?.server || !token) return undefined;
    const authority = cluster['certificate-authority-data'] ?? '';
    return {
      server: cluster.server,
      certificateAuthority: Buffer.from(authority, 'base64').toString('utf8'),
      token,
    };
  } catch {
    // The parser's complaint would quote the text, which holds a token; "broken" is all that is needed.
    return undefined;
  }
}

/** When a token was issued and ends, by its own claims. */
export interface TokenLife {
  readonly issued: Date;
  readonly expires: Date;
}

/** Read a JWT's claims without verifying it; undefined if it is none or never ends. */
export function tokenLife(token: string): TokenLife | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      iat?: number;
      exp?: number;
    };
    if (!claims.exp) return undefined;
    return { issued: new Date((claims.iat ?? 0) * 1000), expires: new Date(claims.exp * 1000) };
  } catch {
    // Not a JWT: the caller renews it.
    return undefined;
  }
}

/** Throws API_REFUSED if a token that was just issued cannot be read. */
export function lifeOfNewToken(token: string, cluster: string): TokenLife {
  const life = tokenLife(token);
  if (life) return life;
  throw new IsthmusError('API_REFUSED', `${cluster} issued a token without an expiry`, {
    hint: 'isthmus needs the TokenRequest API to issue bounded tokens',
  });
}
