import { join } from 'node:path';
import {
  type Authority,
  createRoot,
  generateKeyPair,
  inspect,
  issueLeaf,
  type LeafOptions,
} from '../../pki/index.ts';
import { allOf } from '../../process/index.ts';
import type { NodeAddressing } from '../addresses/addressing.ts';
import { readIfThere, writeIfChanged } from '../host/files.ts';
import type { NodePaths } from '../host/paths.ts';

type Identity = Pick<LeafOptions, 'commonName' | 'organizations' | 'dnsNames' | 'ipAddresses' | 'usages'>;

/** `ca` signs for Kubernetes; `etcd-ca` for etcd and its one client alone, so that no other certificate opens it. */
type AuthorityName = 'ca' | 'etcd-ca';

const leafDays = 365;
const caYears = 10;

export const pkiPath = (paths: NodePaths, file: string): string => join(paths.dir, 'pki', file);

/** Who talks to whom in one cluster. Names and groups are those that Kubernetes' own roles bind. */
export function identities(paths: NodePaths, at: NodeAddressing): Record<string, Identity> {
  const client = (commonName: string, organizations: string[] = []): Identity => ({
    commonName,
    organizations,
    usages: ['client'],
  });
  const nodes = [at.node, at.uplinks.ipv4.node, ...(at.uplinks.ipv6 ? [at.uplinks.ipv6.node] : [])];
  const addresses = [...new Set(nodes.map(String))];
  return {
    apiserver: {
      commonName: 'kube-apiserver',
      usages: ['server'],
      dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].concat(
        'kubernetes.default.svc.cluster.local',
      ),
      ipAddresses: [...addresses, '127.0.0.1', String(at.services.at(1))],
    },
    'apiserver-kubelet': client('kube-apiserver-kubelet', ['system:masters']),
    admin: client('isthmus-admin', ['system:masters']),
    kubelet: {
      ...client(`system:node:${paths.cluster}`, ['system:nodes']),
      usages: ['client', 'server'],
      dnsNames: [paths.cluster],
      ipAddresses: addresses,
    },
    'kube-controller-manager': client('system:kube-controller-manager'),
    'kube-scheduler': client('system:kube-scheduler'),
    'kube-proxy': client('system:kube-proxy'),
    'load-balancer': client('isthmus:load-balancer'),
  };
}

/** etcd calls itself as its own client, so its certificate serves both ways. */
const etcdIdentities: Record<string, Identity> = {
  etcd: { commonName: 'etcd', usages: ['client', 'server'], ipAddresses: ['127.0.0.1'] },
  'apiserver-etcd': { commonName: 'kube-apiserver', usages: ['client'] },
};

/**
 * The cluster's authorities and a certificate per identity, made when missing, foreign or in the last
 * third of its life. Kubernetes and etcd reread the files, so nothing has to be restarted. True if an
 * authority is new.
 */
export async function ensureCertificates(paths: NodePaths, at: NodeAddressing): Promise<boolean> {
  const fresh = await allOf([
    ensureSigned(paths, 'ca', identities(paths, at)),
    ensureSigned(paths, 'etcd-ca', etcdIdentities),
  ]);
  if ((await readIfThere(pkiPath(paths, 'sa.pub'))) === undefined) await newServiceAccountKey(paths);
  return fresh.some(Boolean);
}

/** True if the authority is new. */
async function ensureSigned(paths: NodePaths, name: AuthorityName, wanted: Record<string, Identity>) {
  const known = await storedAuthority(paths, name);
  const authority = known ?? (await newAuthority(paths, name));
  const leaves = Object.entries(wanted);
  await allOf(leaves.map(([leaf, identity]) => ensureLeaf(paths, authority, { name: leaf, identity })));
  return known === undefined;
}

async function storedAuthority(paths: NodePaths, name: AuthorityName): Promise<Authority | undefined> {
  const certificatePem = await readIfThere(pkiPath(paths, `${name}.crt`));
  const keyPem = await readIfThere(pkiPath(paths, `${name}.key`));
  if (!certificatePem || !keyPem) return undefined;
  return { kind: 'root', certificatePem, keyPem, chainPem: '' };
}

async function newAuthority(paths: NodePaths, name: AuthorityName): Promise<Authority> {
  const subject = `isthmus ${paths.cluster} ${name === 'ca' ? 'Kubernetes' : 'etcd'}`;
  const authority = await createRoot({ subject, algorithm: 'ecdsa-p256', years: caYears });
  await writeIfChanged(pkiPath(paths, `${name}.key`), authority.keyPem);
  await writeIfChanged(pkiPath(paths, `${name}.crt`), authority.certificatePem);
  return authority;
}

async function ensureLeaf(paths: NodePaths, issuer: Authority, leaf: { name: string; identity: Identity }) {
  const [certificate, key] = [pkiPath(paths, `${leaf.name}.crt`), pkiPath(paths, `${leaf.name}.key`)];
  const [pem, keyPem] = [await readIfThere(certificate), await readIfThere(key)];
  if (pem && keyPem && fits(pem, issuer, leaf.identity)) return;
  const made = await issueLeaf({ issuer, ...leaf.identity, days: leafDays });
  await writeIfChanged(key, made.keyPem);
  await writeIfChanged(certificate, made.certificatePem);
}

function fits(pem: string, issuer: Authority, identity: Identity): boolean {
  const info = inspect(pem);
  const wanted = [...(identity.ipAddresses ?? []), ...(identity.dnsNames ?? [])].sort().join();
  const names = [...info.ipAddresses, ...info.dnsNames].sort().join();
  return (
    info.issuer === inspect(issuer.certificatePem).subject && names === wanted && new Date() < info.renewAfter
  );
}

async function newServiceAccountKey(paths: NodePaths): Promise<void> {
  const pair = await generateKeyPair('ecdsa-p256');
  await writeIfChanged(pkiPath(paths, 'sa.key'), pair.privateKeyPem);
  await writeIfChanged(pkiPath(paths, 'sa.pub'), pair.publicKeyPem);
}
