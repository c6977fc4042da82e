import { createHash, createPublicKey } from 'node:crypto';
import type { KMSClient } from '@aws-sdk/client-kms';
import { AwsAccount, awsErrorName } from '../aws/index.ts';
import { IsthmusError, type Location } from '../errors/index.ts';
import type { Signer } from '../pki/index.ts';
import type { KmsRootSpec } from '../topology/index.ts';
import { type CustodyCall, custodyError } from './custody-error.ts';

/** A key in AWS KMS as what signs certificates. */
export interface KmsSigner extends Signer {
  /**
   * See that this identity may sign, without signing anything (KMS's dry run), so that nothing is begun that
   * could not be ended. Throws AWS_REFUSED or CA_INVALID if it may not.
   */
  requireSigning(): Promise<void>;
}

export interface KmsOptions {
  /** Where the mesh file names the key. */
  readonly where: Location | undefined;
  /** Ends every call. */
  readonly signal: AbortSignal;
}

/** KMS's names of what Envoy, istiod and OpenSSL all verify, by its names of keys. */
const algorithms = {
  ECC_NIST_P256: { signing: 'ECDSA_SHA_256', digest: 'sha256' },
  ECC_NIST_P384: { signing: 'ECDSA_SHA_384', digest: 'sha384' },
  ECC_NIST_P521: { signing: 'ECDSA_SHA_512', digest: 'sha512' },
  RSA_2048: { signing: 'RSASSA_PKCS1_V1_5_SHA_256', digest: 'sha256' },
  RSA_3072: { signing: 'RSASSA_PKCS1_V1_5_SHA_256', digest: 'sha256' },
  RSA_4096: { signing: 'RSASSA_PKCS1_V1_5_SHA_256', digest: 'sha256' },
} as const;

interface KmsKey extends KmsOptions {
  readonly spec: KmsRootSpec;
  readonly client: KMSClient;
}

/**
 * The key that the file names; asks for its public half alone (`kms:GetPublicKey`). Throws CA_INVALID for one
 * that cannot sign a mesh's certificates, AWS_REFUSED and AWS_CREDENTIALS_MISSING as AWS does.
 */
export async function kmsSigner(spec: KmsRootSpec, options: KmsOptions): Promise<KmsSigner> {
  const client = await new AwsAccount(spec, { signal: options.signal }).kms();
  const key = { ...options, spec, client };
  const { publicKey, algorithm } = await publicHalf(key);
  return {
    publicKey,
    sign: (data) => signed(key, algorithm, { data, dryRun: false }),
    async requireSigning() {
      await signed(key, algorithm, { data: new Uint8Array(), dryRun: true });
    },
  };
}

type Algorithm = (typeof algorithms)[keyof typeof algorithms];

async function publicHalf(key: KmsKey) {
  const { GetPublicKeyCommand } = await import('@aws-sdk/client-kms');
  const call = callOf(key, 'reading the public key of spec.trust.root.kms', 'kms:GetPublicKey');
  const answer = await key.client
    .send(new GetPublicKeyCommand({ KeyId: key.spec.arn }))
    .catch((error: unknown) => {
      throw custodyError(error, call);
    });
  const { KeyUsage = 'unknown', KeySpec = 'unknown', PublicKey } = answer;
  const refuse = (fault: string) => refusal(key, fault);
  if (KeyUsage !== 'SIGN_VERIFY') throw refuse(`has the usage ${KeyUsage}, not SIGN_VERIFY`);
  if (!(KeySpec in algorithms)) throw refuse(`is of kind ${KeySpec}, which Envoy and istiod do not verify`);
  if (!PublicKey) throw refuse('has no public half');
  const publicKey = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  return { publicKey, algorithm: algorithms[KeySpec as keyof typeof algorithms] };
}

/** A digest, since KMS takes no message of more than 4096 bytes. */
async function signed(
  key: KmsKey,
  { signing, digest }: Algorithm,
  { data, dryRun }: { data: Uint8Array; dryRun: boolean },
): Promise<Uint8Array> {
  const { SignCommand } = await import('@aws-sdk/client-kms');
  const call = callOf(key, 'signing with the key of spec.trust.root.kms', 'kms:Sign');
  const request = {
    KeyId: key.spec.arn,
    Message: createHash(digest).update(data).digest(),
    MessageType: 'DIGEST',
    SigningAlgorithm: signing,
    ...(dryRun ? { DryRun: true } : {}),
  } as const;
  try {
    const { Signature } = await key.client.send(new SignCommand(request));
    if (!Signature) throw refusal(key, 'gave no signature');
    return Signature;
  } catch (error) {
    // So KMS answers a dry run of what would be allowed.
    if (dryRun && awsErrorName(error) === 'DryRunOperationException') return new Uint8Array();
    throw custodyError(error, call);
  }
}

const callOf = ({ spec, where }: KmsKey, doing: string, action: string): CustodyCall => ({
  doing,
  action,
  arn: spec.arn,
  profile: spec.profile,
  where,
});

const refusal = ({ spec, where }: KmsKey, fault: string): IsthmusError =>
  new IsthmusError('CA_INVALID', `KMS key ${spec.arn} ${fault}`, {
    where,
    hint: 'name an asymmetric key of usage SIGN_VERIFY and kind ECC_NIST_P256, P384, P521, RSA_2048, RSA_3072 or RSA_4096',
  });
