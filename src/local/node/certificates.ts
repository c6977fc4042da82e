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

/**
 * The cluster's authority and a certificate per identity, made when missing, foreign or in the last third
 * of its life. Kubernetes rereads the files, so nothing has to be restarted. True if the authority is new.
 */
export async function ensureCertificates(paths: NodePaths, at: NodeAddressing): Promise<boolean> {
  const known = await storedAuthority(paths);
  const authority = known ?? (await newAuthority(paths));
  const leaves = Object.entries(identities(paths, at));
  await allOf(leaves.map(([name, identity]) => ensureLeaf(paths, authority, { name, identity })));
  if ((await readIfThere(pkiPath(paths, 'sa.pub'))) === undefined) await newServiceAccountKey(paths);
  return known === undefined;
}

async function storedAuthority(paths: NodePaths): Promise<Authority | undefined> {
  const certificatePem = await readIfThere(pkiPath(paths, 'ca.crt'));
  const keyPem = await readIfThere(pkiPath(paths, 'ca.key'));
  if (!certificatePem || !keyPem) return undefined;
  return { kind: 'root', certificatePem, keyPem, chainPem: '' };
}

async function newAuthority(paths: NodePaths): Promise<Authority> {
  const subject = `isthmus ${paths.cluster} Kubernetes`;
  const authority = await createRoot({ subject, algorithm: 'ecdsa-p256', years: caYears });
  await writeIfChanged(pkiPath(paths, 'ca.key'), authority.keyPem);
  await writeIfChanged(pkiPath(paths, 'ca.crt'), authority.certificatePem);
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
