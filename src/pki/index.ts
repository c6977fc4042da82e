export { anchorOf, readable as readableCertificates } from './anchor.ts';
export type { Authority, Credential } from './authority.ts';
export { type AuthorityFinding, verifyAuthority } from './authority-findings.ts';
export { type CertificateInfo, certificateBlocks, inspect, parseBundle } from './certificate-info.ts';
export { isIssuedBy } from './chain.ts';
export { issueIntermediate } from './intermediate.ts';
export {
  type Issuer,
  issuerOf,
  rootCertificate,
  rootFingerprint,
} from './issuer.ts';
export { generateKeyPair } from './key-pair.ts';
export { issueLeaf, type LeafOptions } from './leaf.ts';
export { createRoot } from './root.ts';
export { sealRoot, unsealRoot } from './root-file.ts';
export { commonRoots, sameRoots } from './roots.ts';
export {
  type AuthoritySecretData,
  authoritySecretKeys,
  toSecretData,
} from './secret-data.ts';
export { loadRoot } from './supplied-root.ts';
