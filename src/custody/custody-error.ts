import { awsError, awsErrorName } from '../aws/index.ts';
import { IsthmusError, type Location } from '../errors/index.ts';

/** One call to what keeps a key. */
export interface CustodyCall {
  /** As a sentence's end: "while …". */
  readonly doing: string;
  /** The IAM action, for instance `kms:Sign`. */
  readonly action: string;
  readonly arn: string;
  readonly profile: string | undefined;
  /** The setting that names the key. */
  readonly where: Location | undefined;
}

/** What AWS says of a key or CA that is there and cannot be used, and what to do about it. */
const states: Readonly<Record<string, string>> = {
  DisabledException: 'enable it: aws kms enable-key --key-id ARN',
  KMSInvalidStateException:
    'a key that waits for its deletion is taken back by aws kms cancel-key-deletion and enable-key',
  NotFoundException: 'correct the ARN: region, account and id, and see that the key was not deleted',
  ResourceNotFoundException: 'correct the ARN: region, account and id, and see that the CA was not deleted',
  UnsupportedOperationException: 'take an asymmetric key of usage SIGN_VERIFY; this one is symmetric',
  InvalidKeyUsageException: 'take an asymmetric key of usage SIGN_VERIFY',
  InvalidStateException:
    'make the CA active: install its certificate, or aws acm-pca update-certificate-authority --status ACTIVE',
};

/**
 * An SDK error as one of ours: AWS_REFUSED that names the action and the key where this identity may not,
 * CA_INVALID where the key or CA cannot serve, else what {@link awsError} says.
 */
export function custodyError(error: unknown, call: CustodyCall): IsthmusError {
  const { doing, action, arn, profile, where } = call;
  const name = awsErrorName(error);
  const made = awsError(error, `${doing} (${action} on ${arn})`, profile);
  if (/AccessDenied|NotAuthorized|Forbidden/.test(name))
    return new IsthmusError('AWS_REFUSED', made.message, {
      where,
      hint: `let this identity ${action} on ${arn}, by its own policy or the key’s; docs/trust.md lists all that is needed`,
    });
  const hint = states[name];
  return hint === undefined ? made : new IsthmusError('CA_INVALID', made.message, { where, hint });
}
