import { type KeyObject, X509Certificate } from 'node:crypto';
import type { CertificateInfo } from './certificate-info.ts';
import { caFaults } from './rules/ca-rules.ts';

/** Did `issuer` sign `certificate`: names and key identifiers fit, and the signature holds? */
export function isIssuedBy(certificate: CertificateInfo, issuer: CertificateInfo): boolean {
  const child = new X509Certificate(certificate.pem);
  const parent = new X509Certificate(issuer.pem);
  return child.checkIssued(parent) && child.verify(parent.publicKey);
}

/** Is this the certificate of the key with this public half? */
export function isCertificateOf(certificate: CertificateInfo, publicKey: KeyObject): boolean {
  // KeyObject.equals leaves an error of OpenSSL behind for keys of two kinds, at which the next key read fails.
  return spkiOf(new X509Certificate(certificate.pem).publicKey).equals(spkiOf(publicKey));
}

const spkiOf = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });

/** Why a certificate cannot be the CA that stands `below` other CAs above the workloads; empty if it can. */
export function authorityFaults(info: CertificateInfo, below: number): string[] {
  const faults: string[] = [];
  if (!info.isCa) faults.push('is not a CA: its basic constraints lack CA:TRUE');
  if (!info.canSignCertificates) faults.push('may not sign certificates: its key usage lacks keyCertSign');
  if (info.pathLength !== undefined && info.pathLength < below)
    faults.push(`allows ${info.pathLength} CAs below it, but ${below} must follow`);
  return [...faults, ...caFaults(info)];
}

/** Is a certificate outside its time? The sentence that says so, or undefined. */
export function validityFault(info: CertificateInfo, now: Date): string | undefined {
  if (info.notAfter <= now) return `expired on ${day(info.notAfter)}`;
  if (info.notBefore > now) return `is not valid before ${info.notBefore.toISOString()}`;
  return undefined;
}

/** A date as a person reads it, UTC. */
export const day = (date: Date) => date.toISOString().slice(0, 10);
