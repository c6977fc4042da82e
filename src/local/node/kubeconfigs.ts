import { join } from 'node:path';
import { type Address, hostPort, type IpFamily } from '../../topology/index.ts';
import type { NodeAddressing } from '../addresses/addressing.ts';
import { readIfThere } from '../host/files.ts';
import type { NodePaths } from '../host/paths.ts';
import { pkiPath } from './certificates.ts';

export const apiPort = 6443;

const apiServerAt = (address: Address): string => `https://${hostPort({ address, port: apiPort })}`;

/** For the node's own programs and for this machine. */
const apiServerUrl = (at: NodeAddressing): string => apiServerAt(at.node);

/**
 * For the istiods of the other clusters: IPv4 as soon as one of them is in an IPv4 cluster, as pods
 * of IPv6 clusters reach IPv4, but not the other way round.
 */
export const apiServerForPeers = ({ uplinks, node }: NodeAddressing, callers: readonly IpFamily[]): string =>
  apiServerAt(callers.includes('ipv4') ? uplinks.ipv4.node : node);

export const kubeconfigPath = (paths: NodePaths, identity: string): string =>
  join(paths.dir, 'config', `${identity}.kubeconfig`);

interface Parts {
  readonly server: string;
  readonly cluster: object;
  readonly user: object;
}

/** JSON is YAML, and quotes itself. */
function kubeconfig(name: string, parts: Parts): string {
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: parts.server, ...parts.cluster } }],
    users: [{ name, user: parts.user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** For the node's own programs: certificates by path, which client-go rereads after a renewal. */
export function serviceKubeconfig(paths: NodePaths, at: NodeAddressing, identity: string): string {
  return kubeconfig(paths.cluster, {
    server: apiServerUrl(at),
    cluster: { 'certificate-authority': pkiPath(paths, 'ca.crt') },
    user: {
      'client-certificate': pkiPath(paths, `${identity}.crt`),
      'client-key': pkiPath(paths, `${identity}.key`),
    },
  });
}

/** For people and for isthmus: everything inside, as it is merged into other kubeconfigs. */
export async function adminKubeconfig(paths: NodePaths, at: NodeAddressing): Promise<string> {
  const data = async (file: string) =>
    Buffer.from((await readIfThere(pkiPath(paths, file))) ?? '').toString('base64');
  return kubeconfig(paths.cluster, {
    server: apiServerUrl(at),
    cluster: { 'certificate-authority-data': await data('ca.crt') },
    user: {
      'client-certificate-data': await data('admin.crt'),
      'client-key-data': await data('admin.key'),
    },
  });
}
