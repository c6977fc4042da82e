import { type KubeConnection, printYaml } from '../../../kubernetes/index.ts';
import { type RemoteServer, readRemoteKubeconfig } from './read-kubeconfig.ts';

/** A remote secret's server, and the token that its user has for it. */
export interface RemoteAccess extends RemoteServer {
  /** A secret. */
  readonly token: string;
}

/** A kubeconfig of that server for a user with these fields of the format, and nothing else, such as a command to run. */
export const kubeconfigOf = (server: RemoteServer, user: Readonly<Record<string, unknown>>): string =>
  printYaml({
    clusters: [{ name: 'peer', cluster: clusterOf(server) }],
    users: [{ name: 'peer', user }],
    contexts: [{ name: 'peer', context: { cluster: 'peer', user: 'peer' } }],
    'current-context': 'peer',
  });

const clusterOf = ({ server, serverName, certificateAuthority, proxy }: RemoteServer) => ({
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
  const { apiServerForPeers: server, certificateAuthority = '', serverNameForPeers = '' } = connection;
  return printYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: clusterOf({ server, serverName: serverNameForPeers, certificateAuthority, proxy: '' }),
      },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
    preferences: {},
  });
}

/** Of a kubeconfig as isthmus writes it; undefined if istiod would refuse it or its user has another credential. */
export function parseRemoteKubeconfig(text: string): RemoteAccess | undefined {
  const { access, insecure } = readRemoteKubeconfig(text);
  if (access?.credential.kind !== 'token' || insecure.length > 0) return undefined;
  const { server, serverName, certificateAuthority, proxy, credential } = access;
  return { server, serverName, certificateAuthority, proxy, token: credential.token };
}
