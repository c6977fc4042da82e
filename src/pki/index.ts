export { anchorOf, readable as readableCertificates, topOf } from './anchor.ts';
export type { Authority, Credential } from './authority.ts';
export { type CertificateInfo, certificateBlocks, inspect, parseBundle } from './certificate-info.ts';
export { authorityFaults, isCertificateOf, isIssuedBy } from './chain.ts';
export { type IntermediateRequest, issueIntermediate, requestIntermediate } from './intermediate.ts';
export {
  type Issuer,
  issuerOf,
  rootCertificate,
  rootFingerprint,
  signingIssuer,
} from './issuer.ts';
export { generateKeyPair } from './key-pair.ts';
export { issueLeaf, type LeafOptions } from './leaf.ts';
export { namedRoot } from './named-root.ts';
export { isEncryptedKey } from './private-key.ts';
export { createRoot, selfSignedRoot } from './root.ts';
export { sealRoot, unsealRoot } from './root-file.ts';
export { commonRoots, sameRoots } from './roots.ts';
export { type AuthorityFinding, verifyAuthority } from './rules/authority-findings.ts';
export {
  type AuthoritySecretData,
  authorityIn,
  authoritySecretKeys,
  toSecretData,
} from './secret-data.ts';
export type { Signer } from './signer.ts';
export { loadChain, loadRoot } from './supplied-root.ts';
