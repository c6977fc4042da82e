import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate that openssl made, with its key; both PEM. */
export interface Made {
  readonly pem: string;
  readonly key: string;
}

export interface MakeOptions {
  readonly name: string;
  /** Lines of an extension section; none makes a certificate of version 1. */
  readonly extensions?: readonly string[];
  /** Arguments of `openssl genpkey`; ECDSA P-256 by default. */
  readonly key?: readonly string[];
  /** Self-signed without one. */
  readonly issuer?: Made | undefined;
  /** `-sha256` by default, or more arguments of the signature. */
  readonly signature?: readonly string[];
  readonly serial?: string;
}

const folder = mkdtempSync(join(tmpdir(), 'isthmus-openssl-ca-'));
let count = 0;

function run(args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
}

/** As `openssl genpkey` makes it, without a process for each of hundreds. */
const p256 = () =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey;

/** Extensions of a CA that lacks nothing. */
export const sound = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
export const identifiers = ['subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid'];

/** Make one certificate as openssl does, also such that no CA should make. */
export function make(options: MakeOptions): Made {
  const { name, extensions = [], key, issuer, signature = ['-sha256'], serial = '0x4001' } = options;
  const at = (suffix: string) => `${count}.${suffix}`;
  count += 1;
  if (key) run(['genpkey', ...key, '-out', at('key')]);
  else writeFileSync(join(folder, at('key')), p256());
  run(['req', '-new', '-key', at('key'), '-subj', name, '-out', at('csr')]);
  const signer = issuer ? ['-CA', at('ca'), '-CAkey', at('cakey')] : ['-signkey', at('key')];
  if (issuer) {
    writeFileSync(join(folder, at('ca')), issuer.pem);
    writeFileSync(join(folder, at('cakey')), issuer.key);
  }
  writeFileSync(join(folder, at('ext')), `[v3]\n${extensions.join('\n')}\n`);
  const with3 = extensions.length > 0 ? ['-extfile', at('ext'), '-extensions', 'v3'] : [];
  const more = ['-days', '3650', '-set_serial', serial, ...signature];
  run(['x509', '-req', '-in', at('csr'), ...signer, ...with3, ...more, '-out', at('pem')]);
  const read = (suffix: string) => readFileSync(join(folder, at(suffix)), 'utf8');
  return { pem: read('pem'), key: read('key') };
}

/** A workload's certificate and its cluster's CA below this issuer, as istiod and isthmus make them. */
export function workloadBelow(issuer: Made): { leaf: string; intermediate: string } {
  const intermediate = make({
    name: '/O=m/OU=c/CN=Istio CA',
    issuer,
    extensions: [
      'basicConstraints=critical,CA:TRUE,pathlen:0',
      'keyUsage=critical,keyCertSign,cRLSign',
      'subjectAltName=URI:spiffe://cluster.local',
      'subjectKeyIdentifier=hash',
    ],
  });
  const leaf = make({
    name: '/',
    issuer: intermediate,
    extensions: [
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature,keyEncipherment',
      'extendedKeyUsage=serverAuth,clientAuth',
      'subjectAltName=critical,URI:spiffe://cluster.local/ns/sample/sa/sleep,DNS:istiod.istio-system.svc',
      'subjectKeyIdentifier=hash',
    ],
  });
  return { leaf: leaf.pem, intermediate: intermediate.pem };
}
