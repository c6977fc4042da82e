export { kmsSigner } from './kms.ts';
export { privateCaIssuer } from './private-ca.ts';
