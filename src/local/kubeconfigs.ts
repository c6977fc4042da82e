import { join } from 'node:path';
import { formatAddress } from './address.ts';
import type { NodeAddressing } from './addressing.ts';
import { pkiPath } from './certificates.ts';
import { readIfThere } from './files.ts';
import type { NodeSite } from './site.ts';

export const apiPort = 6443;

/** Hosts in URLs: IPv6 goes into brackets. */
export const apiServerUrl = (at: NodeAddressing): string => {
  const host = formatAddress(at.node);
  return `https://${at.node.family === 'ipv6' ? `[${host}]` : host}:${apiPort}`;
};

export const kubeconfigPath = (site: NodeSite, identity: string): string =>
  join(site.dir, 'config', `${identity}.kubeconfig`);

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
export function serviceKubeconfig(site: NodeSite, at: NodeAddressing, identity: string): string {
  return kubeconfig(site.cluster, {
    server: apiServerUrl(at),
    cluster: { 'certificate-authority': pkiPath(site, 'ca.crt') },
    user: {
      'client-certificate': pkiPath(site, `${identity}.crt`),
      'client-key': pkiPath(site, `${identity}.key`),
    },
  });
}

/** For people and for isthmus: everything inside, as it is merged into other kubeconfigs. */
export async function adminKubeconfig(site: NodeSite, at: NodeAddressing): Promise<string> {
  const data = async (file: string) =>
    Buffer.from((await readIfThere(pkiPath(site, file))) ?? '').toString('base64');
  return kubeconfig(site.cluster, {
    server: apiServerUrl(at),
    cluster: { 'certificate-authority-data': await data('ca.crt') },
    user: {
      'client-certificate-data': await data('admin.crt'),
      'client-key-data': await data('admin.key'),
    },
  });
}
