import { parse, stringify } from 'yaml';
import type { KubeConnection } from '../../kubernetes/index.ts';

/** What a remote secret's kubeconfig says, as far as it matters. */
export interface RemoteAccess {
  readonly server: string;
  /** Name that the API server's certificate must have; empty when it is the server's own. */
  readonly serverName: string;
  /** PEM; empty when the API server's certificate is a public one's. */
  readonly certificateAuthority: string;
  /** By which istiod goes to the server; empty when it goes straight. */
  readonly proxy: string;
  /** A secret. */
  readonly token: string;
}

/** What matters of a remote secret's kubeconfig, and nothing else of it, such as a command to run. */
export const kubeconfigOf = (access: RemoteAccess): string =>
  stringify({
    clusters: [{ name: 'peer', cluster: clusterOf(access) }],
    users: [{ name: 'peer', user: { token: access.token } }],
    contexts: [{ name: 'peer', context: { cluster: 'peer', user: 'peer' } }],
    'current-context': 'peer',
  });

const clusterOf = ({ server, serverName, certificateAuthority, proxy }: RemoteAccess) => ({
  server,
  ...(serverName ? { 'tls-server-name': serverName } : {}),
  ...(proxy ? { 'proxy-url': proxy } : {}),
  ...(certificateAuthority
    ? { 'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64') }
    : {}),
});

/** The kubeconfig that istiod of another cluster uses, as `istioctl create-remote-secret` lays it out. */
export function remoteKubeconfig(connection: KubeConnection, token: string): string {
  const name = connection.cluster;
  const { certificateAuthority: authority, serverNameForPeers: serverName } = connection;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: connection.apiServerForPeers,
          ...(serverName ? { 'tls-server-name': serverName } : {}),
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
  clusters?: {
    cluster?: {
      server?: string;
      'tls-server-name'?: string;
      'certificate-authority-data'?: string;
      'proxy-url'?: string;
    };
  }[];
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
      serverName: cluster['tls-server-name'] ?? '',
      certificateAuthority: Buffer.from(authority, 'base64').toString('utf8'),
      proxy: cluster['proxy-url'] ?? '',
      token,
    };
  } catch {
    // The parser's complaint would quote the text, which holds a token; "broken" is all that is needed.
    return undefined;
  }
}
