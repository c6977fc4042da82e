export { AwsAccount } from './account.ts';
export { awsError, isMissing, nameOf as awsErrorName } from './aws-error.ts';
export { type AwsCredentials, type AwsTarget, type CredentialSource, credentialsOf } from './credentials.ts';
export { denialRemedy } from './denials.ts';
export { interruptible } from './interruptible.ts';
export { principalOf } from './principal.ts';
export { retryOnMissing } from './retry-on-missing.ts';
export { silenceSdkWarning } from './sdk-warning.ts';
export { throughBlinks } from './through-blinks.ts';
