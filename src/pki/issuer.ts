import type { Authority } from './authority.ts';
import { certificateBlocks, fingerprintOf } from './certificate-info.ts';
import { type IntermediateRequest, intermediateBelow, type SigningAuthority } from './intermediate.ts';
import { signerOf } from './signer.ts';

/** Who makes the clusters' CAs: a root, or a CA below one. Its key may be here or elsewhere. */
export interface Issuer {
  /** Of the CA that signs. */
  readonly certificatePem: string;
  /** The CAs above it, nearest first, ending with the self-signed root; empty for a root. */
  readonly chainPem: string;
  /** Throws what the place of the key throws where that is elsewhere. */
  issueIntermediate(request: IntermediateRequest): Promise<Authority>;
}

/** An issuer whose key is in memory. */
export function issuerOf({ certificatePem, chainPem, keyPem }: Authority): Issuer {
  return signingIssuer({ certificatePem, chainPem, signer: signerOf(keyPem) });
}

/** An issuer that makes certificates itself and has them signed by its signer. */
export function signingIssuer(authority: SigningAuthority): Issuer {
  const { certificatePem, chainPem } = authority;
  return {
    certificatePem,
    chainPem,
    issueIntermediate: (request) => intermediateBelow(authority, request),
  };
}

/** The self-signed root, PEM, in which a certificate with this chain ends. Throws CA_INVALID for no PEM. */
export function rootCertificate({ certificatePem, chainPem }: Pick<Issuer, 'certificatePem' | 'chainPem'>) {
  return certificateBlocks(certificatePem + chainPem).at(-1) ?? certificatePem;
}

/** SHA-256 of that root, lower-case hexadecimal: by it everybody names the mesh's root. */
export function rootFingerprint(issuer: Pick<Issuer, 'certificatePem' | 'chainPem'>): string {
  return fingerprintOf(rootCertificate(issuer));
}
