import { X509Certificate as NodeCertificate } from 'node:crypto';
import { IsthmusError } from '../errors/index.ts';
import { algorithmNameOf } from './key-pair.ts';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from './x509.ts';

/** What a person or a check wants to know of one certificate; nothing secret. */
export interface CertificateInfo {
  /** RFC 4514 style, for instance `O=demo, OU=eks-1, CN=Istio CA`. */
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hexadecimal without separators. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly isCa: boolean;
  /** How many CAs may follow below; undefined means any number. */
  readonly pathLength: number | undefined;
  /** May it sign certificates? True as well when it states no key usage at all, as RFC 5280 reads it. */
  readonly canSignCertificates: boolean;
  readonly selfSigned: boolean;
  /** SHA-256 of the DER, lower-case hexadecimal without separators. */
  readonly fingerprintSha256: string;
  /** `ecdsa-p256`, `rsa-2048`, … */
  readonly keyAlgorithm: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly uris: readonly string[];
  /** From here on it should be renewed: two thirds of its life are over. */
  readonly renewAfter: Date;
  /** This certificate alone, as PEM. */
  readonly pem: string;
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Read the first certificate of a PEM text. Throws CA_INVALID if there is none or it is broken. */
export function inspect(pem: string): CertificateInfo {
  const [first] = certificateBlocks(pem);
  if (!first) throw noCertificate();
  return inspectBlock(first);
}

/** SHA-256 of a certificate's DER, as {@link inspect} tells it, without decoding the rest. Throws as that does. */
export function fingerprintOf(pem: string): string {
  const [first] = certificateBlocks(pem);
  if (!first) throw noCertificate();
  try {
    return known.get(first)?.fingerprintSha256 ?? fingerprint(new NodeCertificate(first));
  } catch (cause) {
    throw undecodable(0, cause);
  }
}

/** Read every certificate of a PEM text in order; none is an empty list. Throws CA_INVALID for a broken one. */
export function parseBundle(pem: string): CertificateInfo[] {
  return certificateBlocks(pem).map(inspectBlock);
}

/** The PEM certificates of a text, one string each with a final newline, whatever stands between them. */
export function certificateBlocks(pem: string): string[] {
  return (pem.match(certificateBlock) ?? []).map((block) => `${block.replaceAll('\r', '')}\n`);
}

/** Certificates that were read: every proxy shows the same roots and intermediates, and decoding takes milliseconds. */
const known = new Map<string, CertificateInfo>();
/** Leaves change from day to day, and whoever runs for long meets very many. */
const mostKnown = 2_000;

function inspectBlock(pem: string, index = 0): CertificateInfo {
  try {
    const info = known.get(pem) ?? read(pem);
    if (known.size >= mostKnown) known.clear();
    known.set(pem, info);
    return info;
  } catch (cause) {
    throw undecodable(index, cause);
  }
}

const noCertificate = () => new IsthmusError('CA_INVALID', 'no PEM certificate in the given text');

const undecodable = (index: number, cause: unknown) =>
  new IsthmusError('CA_INVALID', `certificate ${index + 1} of the PEM text cannot be decoded`, {
    hint: 'give the certificate as openssl x509 -outform PEM writes it',
    cause,
  });

const fingerprint = ({ fingerprint256 }: NodeCertificate): string =>
  fingerprint256.replaceAll(':', '').toLowerCase();

function read(pem: string): CertificateInfo {
  const node = new NodeCertificate(pem);
  const certificate = new X509Certificate(pem);
  const constraints = certificate.getExtension(BasicConstraintsExtension);
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages;
  const names = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
  const valuesOf = (type: string) => names.filter((name) => name.type === type).map((name) => name.value);
  const { notBefore, notAfter } = certificate;
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    serial: certificate.serialNumber,
    notBefore,
    notAfter,
    isCa: constraints?.ca ?? false,
    pathLength: constraints?.pathLength,
    canSignCertificates: usages === undefined || (usages & KeyUsageFlags.keyCertSign) !== 0,
    selfSigned: node.checkIssued(node) && node.verify(node.publicKey),
    fingerprintSha256: fingerprint(node),
    keyAlgorithm: algorithmNameOf(node.publicKey),
    dnsNames: valuesOf('dns'),
    ipAddresses: valuesOf('ip'),
    uris: valuesOf('url'),
    renewAfter: new Date(notBefore.getTime() + ((notAfter.getTime() - notBefore.getTime()) * 2) / 3),
    pem,
  };
}
