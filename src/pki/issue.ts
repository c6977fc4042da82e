import { createPublicKey, randomBytes } from 'node:crypto';
import { librarySigner, type Signer } from './signer.ts';
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
  /** PEM of the subject's key, private or public. */
  readonly keyPem: string;
  /** Who signs. */
  readonly signer: Signer;
  /** PEM of the signer's certificate; undefined: self-signed, the subject's key is the signer's then. */
  readonly issuerPem: string | undefined;
  readonly lifeMs: number;
  readonly extensions: readonly Extension[];
  readonly now?: Date | undefined;
  /** Hexadecimal; random if left out. */
  readonly serial?: string | undefined;
}

/**
 * Sign one certificate, with key identifiers, a random positive serial of 128 bits and a beginning five
 * minutes ago. It never outlives its issuer, since a chain is as valid as its shortest link. PEM. Throws
 * what the signer throws.
 */
export async function issue(request: IssueRequest): Promise<string> {
  const now = request.now ?? new Date();
  const publicKey = createPublicKey(request.keyPem).export({ format: 'der', type: 'spki' });
  const issuer = request.issuerPem === undefined ? undefined : new X509Certificate(request.issuerPem);
  const { key, algorithm, crypto } = librarySigner(request.signer);
  const end = new Date(now.getTime() + request.lifeMs);
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: request.serial ?? randomSerial(),
      subject: request.subject,
      issuer: issuer?.subjectName ?? request.subject,
      notBefore: new Date(now.getTime() - BACKDATED_MS),
      notAfter: issuer && issuer.notAfter < end ? issuer.notAfter : end,
      publicKey,
      signingKey: key,
      signingAlgorithm: algorithm,
      extensions: [
        ...request.extensions,
        await SubjectKeyIdentifierExtension.create(publicKey),
        await authorityKeyIdentifier(issuer, publicKey),
      ],
    },
    crypto,
  );
  return `${certificate.toString('pem')}\n`;
}

/** The identifier that the issuer states of itself, which need not be the hash that we would take. */
async function authorityKeyIdentifier(
  issuer: X509Certificate | undefined,
  own: Uint8Array<ArrayBuffer>,
): Promise<Extension> {
  const stated = issuer?.getExtension(SubjectKeyIdentifierExtension);
  if (stated) return new AuthorityKeyIdentifierExtension(stated.keyId);
  return AuthorityKeyIdentifierExtension.create(issuer?.publicKey ?? own);
}

const randomSerial = () => serialOf(randomBytes(16));

/** Sixteen octets as a serial, the first bit clear and the second set: positive, and always as long. */
export function serialOf(octets: Uint8Array): string {
  const bytes = Buffer.from(octets.subarray(0, 16));
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('hex');
}
