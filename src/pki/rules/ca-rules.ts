import { X509Certificate as NodeCertificate } from 'node:crypto';
import { AsnConvert, Certificate, PolicyConstraints } from '../asn1.ts';
import type { CertificateInfo } from '../certificate-info.ts';
import { algorithmNameOf, isUsableForSigning } from '../key-pair.ts';
import { ExtendedKeyUsage, ExtendedKeyUsageExtension, X509Certificate } from '../x509.ts';

/**
 * Why a CA, wherever it stands above workloads, makes OpenSSL, BoringSSL (Envoy) or Go (istiod, the agents)
 * refuse their certificates as client's or as server's. What one of the three refuses is refused. Empty for none.
 */
export function caFaults(info: CertificateInfo): string[] {
  const certificate = new X509Certificate(info.pem);
  const node = new NodeCertificate(info.pem);
  return rules.flatMap((rule) => rule({ info, certificate, node }) ?? []);
}

interface Judged {
  readonly info: CertificateInfo;
  readonly certificate: X509Certificate;
  readonly node: NodeCertificate;
}

type Rule = (judged: Judged) => string | undefined;

/** Nested: a CA that states purposes limits everybody below it to them. OpenSSL does not take "any" for one of them. */
const purposes: Rule = ({ info, certificate }) => {
  if (!info.isCa) return undefined;
  const stated = certificate.getExtension(ExtendedKeyUsageExtension)?.usages.map(String);
  const needed = { clientAuth: ExtendedKeyUsage.clientAuth, serverAuth: ExtendedKeyUsage.serverAuth };
  const lacking = Object.entries(needed).filter(([, oid]) => stated && !stated.includes(oid));
  if (lacking.length === 0) return undefined;
  return `is limited by its extended key usage, which lacks ${lacking.map(([name]) => name).join(' and ')}: workloads are both client and server`;
};

const key: Rule = ({ node }) =>
  isUsableForSigning(node.publicKey)
    ? undefined
    : `has a key of type ${algorithmNameOf(node.publicKey)}: Envoy and istiod need ECDSA (P-256, P-384, P-521) or RSA of at least 2048 bits`;

/** Go verifies none; nobody looks at the signature of a root upon itself. */
const hash: Rule = ({ info, certificate }) => {
  const { hash: algorithm } = certificate.signatureAlgorithm as { hash?: { name?: string } | string };
  const name = typeof algorithm === 'string' ? algorithm : algorithm?.name;
  const isWeak = name === undefined ? isMd5(certificate) : /^SHA-?1$/i.test(name);
  return !info.selfSigned && isWeak ? `was signed with ${name ?? 'MD5'}, which istiod refuses` : undefined;
};

/** The end of 1.2.840.113549.1.1.4, md5WithRSAEncryption, which the library has no name for. */
const isMd5 = (certificate: X509Certificate): boolean =>
  Buffer.from(certificate.rawData).includes(Buffer.from('2a864886f70d010104', 'hex'));

/** What OpenSSL, BoringSSL and Go all evaluate. */
const evaluated = new Map([
  ['2.5.29.15', 'keyUsage'],
  ['2.5.29.17', 'subjectAltName'],
  ['2.5.29.19', 'basicConstraints'],
  ['2.5.29.30', 'nameConstraints'],
  ['2.5.29.32', 'certificatePolicies'],
  ['2.5.29.36', 'policyConstraints'],
  ['2.5.29.37', 'extKeyUsage'],
]);

const criticals: Rule = ({ certificate }) => {
  const strange = certificate.extensions.filter(({ critical, type }) => critical && !evaluated.has(type));
  if (strange.length === 0) return undefined;
  return `has a critical extension that Envoy or istiod does not know (${strange.map(({ type }) => type).join(', ')}), and so refuses`;
};

/** istiod's certificates state no policy. */
const policies: Rule = ({ certificate }) => {
  const extension = certificate.getExtension('2.5.29.36');
  if (!extension) return undefined;
  const { requireExplicitPolicy } = AsnConvert.parse(extension.value, PolicyConstraints);
  return requireExplicitPolicy === undefined
    ? undefined
    : 'requires a certificate policy, which the certificates of workloads do not state';
};

/** Go does not even read it. Told by the first octet as it is encoded: the text of a serial leaves out a zero before it. */
const serial: Rule = ({ certificate }) => {
  const { tbsCertificate } = AsnConvert.parse(certificate.rawData, Certificate);
  const [first = 0] = new Uint8Array(tbsCertificate.serialNumber);
  return first > 0x7f ? 'has a negative serial number, which istiod refuses' : undefined;
};

const rules: readonly Rule[] = [purposes, key, hash, criticals, policies, serial];
