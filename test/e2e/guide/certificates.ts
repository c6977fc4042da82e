import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

const usage = 'critical, digitalSignature, nonRepudiation, keyEncipherment, keyCertSign';

/** What Istio's tools/certs write into the configuration of a root and of an intermediate. */
const extensions = (constraints: string, more = '') =>
  `subjectKeyIdentifier = hash\nbasicConstraints = critical, ${constraints}\nkeyUsage = ${usage}\n${more}`;

/**
 * A root and one intermediate for each cluster, made with openssl as Istio's guide to plug in
 * certificates has it. Returns the folder that holds one folder of four files for each cluster.
 */
export async function makeCertificates(folder: string, clusters: readonly string[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  const openssl = (...args: string[]) => execa('openssl', args, { cwd: folder });
  await writeFile(join(folder, 'root.conf'), extensions('CA:true'));
  await openssl('genrsa', '-out', 'root-key.pem', '4096');
  const subject = ['-subj', '/O=Istio/CN=Root CA'];
  await openssl('req', '-sha256', '-new', '-key', 'root-key.pem', ...subject, '-out', 'root.csr');
  const root = ['-signkey', 'root-key.pem', '-extfile', 'root.conf', '-in', 'root.csr'];
  await openssl('x509', '-req', '-sha256', '-days', '3650', ...root, '-out', 'root-cert.pem');
  await Promise.all(clusters.map((cluster) => makeIntermediate(join(folder, cluster), cluster)));
  return folder;
}

async function makeIntermediate(folder: string, cluster: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const openssl = (...args: string[]) => execa('openssl', args, { cwd: folder });
  const names = 'subjectAltName = DNS:istiod.istio-system.svc\n';
  await writeFile(join(folder, 'ca.conf'), extensions('CA:true, pathlen:0', names));
  await openssl('genrsa', '-out', 'ca-key.pem', '4096');
  const subject = ['-subj', `/O=Istio/CN=Intermediate CA/L=${cluster}`];
  await openssl('req', '-sha256', '-new', '-key', 'ca-key.pem', ...subject, '-out', 'ca.csr');
  const signer = [
    '-CA',
    '../root-cert.pem',
    '-CAkey',
    '../root-key.pem',
    '-set_serial',
    `0x${randomSerial()}`,
  ];
  const input = ['-extfile', 'ca.conf', '-in', 'ca.csr'];
  await openssl('x509', '-req', '-sha256', '-days', '3650', ...signer, ...input, '-out', 'ca-cert.pem');
  await execa('sh', ['-c', 'cp ../root-cert.pem . && cat ca-cert.pem root-cert.pem > cert-chain.pem'], {
    cwd: folder,
  });
}

const randomSerial = () => Math.random().toString(16).slice(2, 14).padEnd(12, '1');
