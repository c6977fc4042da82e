export { anchorOf, readable as readableCertificates } from './anchor.ts';
export type { Authority, Credential } from './authority.ts';
export { type AuthorityFinding, type VerifyOptions, verifyAuthority } from './authority-findings.ts';
export { type CertificateInfo, certificateBlocks, inspect, parseBundle } from './certificate-info.ts';
export { isIssuedBy } from './chain.ts';
export { type IntermediateOptions, issueIntermediate } from './intermediate.ts';
export {
  type IntermediateRequest,
  type Issuer,
  issuerOf,
  rootCertificate,
  rootFingerprint,
} from './issuer.ts';
export { generateKeyPair, type KeyAlgorithm, type KeyPair } from './key-pair.ts';
export { issueLeaf, type LeafOptions } from './leaf.ts';
export { createRoot, type RootOptions } from './root.ts';
export { sealRoot, unsealRoot } from './root-file.ts';
export { commonRoots, sameRoots } from './roots.ts';
export {
  type AuthoritySecretData,
  authoritySecretKeys,
  type RootSource,
  toSecretData,
} from './secret-data.ts';
export { loadRoot, type SuppliedRoot } from './supplied-root.ts';
