import * as z from 'zod';
import { nonEmpty, text } from './scalar-schema.ts';

/** Where the mesh's root is, if isthmus does not keep it: files, or a key in AWS. Which keys go together is a rule. */
export const root = z
  .strictObject({
    certificate: nonEmpty()
      .optional()
      .meta({ examples: ['root-cert.pem'] })
      .describe(
        'PEM file: the signing certificate, then its issuers up to a self-signed root. With `kms` it may be left out.',
      ),
    key: nonEmpty()
      .optional()
      .meta({ examples: ['root-key.pem'] })
      .describe('PEM file of its private key; never copied into a cluster.'),
    passphraseFile: nonEmpty()
      .optional()
      .meta({ examples: ['/run/secrets/root-passphrase'] })
      .describe(
        'File with the passphrase of an encrypted `key` in its first line. Without it $ISTHMUS_PASSPHRASE is taken, else the terminal is asked.',
      ),
    kms: text(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
      'is not the ARN of a KMS key',
      'write arn:aws:kms:REGION:ACCOUNT:key/ID; an alias may be pointed at another key, and so at another root',
    )
      .optional()
      .meta({ examples: ['arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'] })
      .describe(
        'AWS KMS key that signs: asymmetric, of usage SIGN_VERIFY, ECC_NIST_P256, P384, P521 or RSA. The key never leaves AWS; without `certificate` isthmus has it sign a root certificate.',
      ),
    privateCa: text(
      /^arn:aws[a-z-]*:acm-pca:[a-z0-9-]+:\d{12}:certificate-authority\/[0-9a-f-]+$/,
      'is not the ARN of a private certificate authority',
      'write arn:aws:acm-pca:REGION:ACCOUNT:certificate-authority/ID',
    )
      .optional()
      .meta({
        examples: [
          'arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/1234abcd-12ab-34cd-56ef-1234567890ab',
        ],
      })
      .describe(
        'AWS Private CA that issues the clusters’ CAs; the mesh’s root is the one in which its chain ends.',
      ),
    profile: nonEmpty()
      .optional()
      .describe(
        'Profile of the AWS configuration for `kms` and `privateCa`; the environment’s if left out. The region is the ARN’s.',
      ),
  })
  .optional()
  .describe(
    'Your own root: `certificate` and `key` as files, relative to this one, or `kms`, or `privateCa`. Without it isthmus makes one and keeps its key outside the clusters.',
  );
