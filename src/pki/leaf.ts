import type { Authority, Credential } from './authority.ts';
import { DAY_MS, issue } from './issue.ts';
import { generateKeyPair, type KeyAlgorithm } from './key-pair.ts';
import { signerOf } from './signer.ts';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralNames,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
} from './x509.ts';

export interface LeafOptions {
  readonly issuer: Authority;
  /** Kubernetes reads it as the user name. */
  readonly commonName: string;
  /** Kubernetes reads them as groups. */
  readonly organizations?: readonly string[] | undefined;
  readonly dnsNames?: readonly string[] | undefined;
  /** IPv4 or IPv6 addresses without prefix length. */
  readonly ipAddresses?: readonly string[] | undefined;
  readonly uris?: readonly string[] | undefined;
  readonly usages: readonly ('server' | 'client')[];
  readonly days: number;
  /** ecdsa-p256 by default. */
  readonly algorithm?: KeyAlgorithm | undefined;
  readonly now?: Date | undefined;
}

/** Make a certificate for a server or client, such as an API server, a kubelet or an administrator. */
export async function issueLeaf(options: LeafOptions): Promise<Credential> {
  const algorithm = options.algorithm ?? 'ecdsa-p256';
  const { privateKeyPem } = await generateKeyPair(algorithm);
  const certificatePem = await issue({
    subject: subjectOf(options),
    keyPem: privateKeyPem,
    signer: signerOf(options.issuer.keyPem),
    issuerPem: options.issuer.certificatePem,
    lifeMs: options.days * DAY_MS,
    extensions: extensionsOf(options, algorithm),
    now: options.now,
  });
  const chainPem = options.issuer.certificatePem + options.issuer.chainPem;
  return { certificatePem, keyPem: privateKeyPem, chainPem };
}

const subjectOf = (options: LeafOptions): JsonName => [
  ...(options.organizations ?? []).map((organization) => ({ O: [organization] })),
  { CN: [options.commonName] },
];

function extensionsOf(options: LeafOptions, algorithm: KeyAlgorithm) {
  const names: JsonGeneralNames = [
    ...(options.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(options.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(options.uris ?? []).map((value) => ({ type: 'url' as const, value })),
  ];
  const encipherment = algorithm.startsWith('rsa') ? KeyUsageFlags.keyEncipherment : 0;
  const usages = options.usages.map((usage) =>
    usage === 'server' ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth,
  );
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature | encipherment, true),
    new ExtendedKeyUsageExtension(usages),
    ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
  ];
}
