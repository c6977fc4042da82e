export { kmsSigner } from './kms.ts';
export { rootPermissions, rootStatements } from './permissions.ts';
export { privateCaIssuer } from './private-ca.ts';
