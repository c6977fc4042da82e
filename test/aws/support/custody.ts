import {
  ACMPCAClient,
  CreateCertificateAuthorityCommand,
  GetCertificateAuthorityCsrCommand,
  GetCertificateCommand,
  ImportCertificateAuthorityCertificateCommand,
  IssueCertificateCommand,
  type KeyAlgorithm,
  type SigningAlgorithm,
} from '@aws-sdk/client-acm-pca';
import { CreateKeyCommand, type KeySpec, KMSClient } from '@aws-sdk/client-kms';
import { NotReady, waitUntil } from '../../../src/process/index.ts';
import type { EmulatedUser, Emulator } from '../emulator/emulator.ts';

export const region = 'eu-central-1';

/** What an administrator of AWS does before isthmus comes: keys and CAs. */
export class Custody {
  readonly kms: KMSClient;
  readonly pca: ACMPCAClient;

  constructor(emulator: Emulator, user: EmulatedUser) {
    const config = { endpoint: emulator.url, region, credentials: user };
    this.kms = new KMSClient(config);
    this.pca = new ACMPCAClient(config);
  }

  /** ARN of a new key that signs. */
  async key(KeySpec: KeySpec, KeyUsage: 'SIGN_VERIFY' | 'ENCRYPT_DECRYPT' = 'SIGN_VERIFY'): Promise<string> {
    const { KeyMetadata } = await this.kms.send(new CreateKeyCommand({ KeySpec, KeyUsage }));
    return KeyMetadata?.Arn ?? '';
  }

  /** ARN of a new active CA: a root, or one below another with room for `depth` CAs. */
  async authority(options: {
    readonly name: string;
    readonly algorithm: KeyAlgorithm;
    readonly below?: { readonly arn: string; readonly depth: number };
    readonly mode?: 'GENERAL_PURPOSE' | 'SHORT_LIVED_CERTIFICATE';
    readonly active?: boolean;
  }): Promise<string> {
    const { name, algorithm, below, mode = 'GENERAL_PURPOSE', active = true } = options;
    const { CertificateAuthorityArn: arn = '' } = await this.pca.send(
      new CreateCertificateAuthorityCommand({
        CertificateAuthorityType: below ? 'SUBORDINATE' : 'ROOT',
        UsageMode: mode,
        CertificateAuthorityConfiguration: {
          KeyAlgorithm: algorithm,
          SigningAlgorithm: signingOf(algorithm),
          Subject: { Organization: 'Example', CommonName: name },
        },
      }),
    );
    if (active) await this.#activate(arn, algorithm, below);
    return arn;
  }

  async #activate(
    arn: string,
    algorithm: KeyAlgorithm,
    below?: { arn: string; depth: number },
  ): Promise<void> {
    const csr = await this.pca.send(new GetCertificateAuthorityCsrCommand({ CertificateAuthorityArn: arn }));
    const issuer = below?.arn ?? arn;
    const template = below ? `SubordinateCACertificate_PathLen${below.depth}` : 'RootCACertificate';
    const issued = await this.pca.send(
      new IssueCertificateCommand({
        CertificateAuthorityArn: issuer,
        Csr: Buffer.from(csr.Csr ?? ''),
        SigningAlgorithm: signingOf(algorithm),
        TemplateArn: `arn:aws:acm-pca:::template/${template}/V1`,
        Validity: { Type: 'DAYS', Value: below ? 1800 : 3650 },
      }),
    );
    const got = await waitUntil({ what: 'a CA’s certificate', timeoutMs: 30_000 }, () =>
      this.pca
        .send(
          new GetCertificateCommand({
            CertificateAuthorityArn: issuer,
            CertificateArn: issued.CertificateArn,
          }),
        )
        .catch((error: Error) => {
          throw error.name === 'RequestInProgressException' ? new NotReady(error.name) : error;
        }),
    );
    await this.pca.send(
      new ImportCertificateAuthorityCertificateCommand({
        CertificateAuthorityArn: arn,
        Certificate: Buffer.from(got.Certificate ?? ''),
        ...(got.CertificateChain ? { CertificateChain: Buffer.from(got.CertificateChain) } : {}),
      }),
    );
  }
}

const signingOf = (algorithm: KeyAlgorithm): SigningAlgorithm =>
  algorithm.startsWith('RSA')
    ? 'SHA256WITHRSA'
    : algorithm === 'EC_secp384r1'
      ? 'SHA384WITHECDSA'
      : 'SHA256WITHECDSA';
