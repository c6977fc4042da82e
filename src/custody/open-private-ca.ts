import type { ACMPCAClient, SigningAlgorithm } from '@aws-sdk/client-acm-pca';
import { IsthmusError, type Location } from '../errors/index.ts';
import type { PrivateCaRootSpec } from '../topology/index.ts';
import type { CustodyCall } from './custody-error.ts';

export interface PrivateCaOptions {
  /** Where the mesh file names the CA. */
  readonly where: Location | undefined;
  /** Life of the CAs that it shall issue. Days. */
  readonly intermediateDays: number;
  /** Of the identities that shall be below it. */
  readonly trustDomain: string;
  /** Ends every call. */
  readonly signal: AbortSignal;
}

/** A CA in AWS Private CA and the way to it. */
export interface PrivateCa extends PrivateCaOptions {
  readonly spec: PrivateCaRootSpec;
  readonly client: ACMPCAClient;
}

/** One that was looked at and can issue. */
export interface OpenPrivateCa extends PrivateCa {
  readonly certificatePem: string;
  /** The CAs above it, ending with the self-signed root. */
  readonly chainPem: string;
  readonly signingAlgorithm: SigningAlgorithm;
}

/** @param action without the service's prefix */
export function privateCaCall({ spec, where }: PrivateCa, doing: string, action: string): CustodyCall {
  return { doing, action: `acm-pca:${action}`, arn: spec.arn, profile: spec.profile, where };
}

/** Why the CA cannot serve. */
export function privateCaRefusal({ spec, where }: PrivateCa, fault: string, hint: string): IsthmusError {
  return new IsthmusError('CA_INVALID', `private CA ${spec.arn} ${fault}`, { where, hint });
}
