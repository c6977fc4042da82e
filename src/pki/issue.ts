import { randomBytes, type webcrypto } from 'node:crypto';
import type { Authority } from './authority.ts';
import { publicKeyOf, signingKeyOf } from './key-pair.ts';
import {
  AuthorityKeyIdentifierExtension,
  type Extension,
  type JsonName,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from './x509.ts';

export const DAY_MS = 86_400_000;
/** Clocks of the clusters' nodes differ; a certificate must be valid on all of them at once. */
const BACKDATED_MS = 5 * 60_000;

export interface IssueRequest {
  readonly subject: JsonName;
  /** PEM, private or public. */
  readonly keyPem: string;
  /** Undefined: self-signed by `keyPem`, which must be private then. */
  readonly issuer: Authority | undefined;
  readonly lifeMs: number;
  readonly extensions: readonly Extension[];
  readonly now?: Date | undefined;
}

/**
 * Sign one certificate, with key identifiers, a random positive serial of 128 bits and a beginning five
 * minutes ago. It never outlives its issuer, since a chain is as valid as its shortest link. PEM.
 */
export async function issue(request: IssueRequest): Promise<string> {
  const now = request.now ?? new Date();
  const publicKey = await publicKeyOf(request.keyPem);
  const issuer = request.issuer && new X509Certificate(request.issuer.certificatePem);
  const signer = await signingKeyOf(request.issuer?.keyPem ?? request.keyPem);
  const end = new Date(now.getTime() + request.lifeMs);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: request.subject,
    issuer: issuer?.subjectName ?? request.subject,
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    notAfter: issuer && issuer.notAfter < end ? issuer.notAfter : end,
    publicKey: publicKey,
    signingKey: signer.key,
    signingAlgorithm: signer.algorithm,
    extensions: [
      ...request.extensions,
      await SubjectKeyIdentifierExtension.create(publicKey),
      await authorityKeyIdentifier(issuer, publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

/** The identifier that the issuer states of itself, which need not be the hash that we would take. */
async function authorityKeyIdentifier(
  issuer: X509Certificate | undefined,
  own: webcrypto.CryptoKey,
): Promise<Extension> {
  const stated = issuer?.getExtension(SubjectKeyIdentifierExtension);
  if (stated) return new AuthorityKeyIdentifierExtension(stated.keyId);
  return AuthorityKeyIdentifierExtension.create(issuer?.publicKey ?? own);
}

/** 128 random bits, the first one clear and the second set: positive, and always sixteen octets long. */
function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('hex');
}
