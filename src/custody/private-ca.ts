import type { CertificateAuthority, SigningAlgorithm } from '@aws-sdk/client-acm-pca';
import { AwsAccount } from '../aws/index.ts';
import { type Authority, type IntermediateRequest, type Issuer, loadChain } from '../pki/index.ts';
import type { PrivateCaRootSpec } from '../topology/index.ts';
import { custodyError } from './custody-error.ts';
import {
  type OpenPrivateCa,
  type PrivateCa,
  type PrivateCaOptions,
  privateCaCall,
  privateCaRefusal,
} from './open-private-ca.ts';
import { issueByPrivateCa } from './private-ca-issue.ts';

/** A CA in this mode issues for seven days at most (AWS: "short-lived certificate CA mode"). */
const SHORT_LIVED_DAYS = 7;

/** What a CA of each kind of key signs with. */
const algorithms: Readonly<Record<string, SigningAlgorithm>> = {
  EC_prime256v1: 'SHA256WITHECDSA',
  EC_secp384r1: 'SHA384WITHECDSA',
  EC_secp521r1: 'SHA512WITHECDSA',
  RSA_2048: 'SHA256WITHRSA',
  RSA_3072: 'SHA256WITHRSA',
  RSA_4096: 'SHA256WITHRSA',
};

/**
 * The CA that the file names, after seeing that it can issue a cluster's CA. Its key never leaves AWS. Throws
 * CA_INVALID with what it lacks, AWS_REFUSED and AWS_CREDENTIALS_MISSING as AWS does.
 */
export async function privateCaIssuer(spec: PrivateCaRootSpec, options: PrivateCaOptions): Promise<Issuer> {
  const client = await new AwsAccount(spec, { signal: options.signal }).privateCa();
  const place = { ...options, spec, client };
  const authority = await described(place);
  const signingAlgorithm = algorithmOf(authority, place);
  const chain = await certificatesOf(place);
  const open: OpenPrivateCa = { ...place, ...chain, signingAlgorithm };
  return {
    ...chain,
    issueIntermediate: (request: IntermediateRequest): Promise<Authority> => issueByPrivateCa(open, request),
  };
}

async function described(place: PrivateCa): Promise<CertificateAuthority> {
  const { DescribeCertificateAuthorityCommand } = await import('@aws-sdk/client-acm-pca');
  const call = privateCaCall(place, 'looking at spec.trust.root.privateCa', 'DescribeCertificateAuthority');
  const request = new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: place.spec.arn });
  const answer = await place.client.send(request).catch((error: unknown) => {
    throw custodyError(error, call);
  });
  const { Status = 'unknown', UsageMode } = answer.CertificateAuthority ?? {};
  if (Status !== 'ACTIVE')
    throw privateCaRefusal(place, `is ${Status}, not ACTIVE`, 'only an active CA issues certificates');
  if (UsageMode === 'SHORT_LIVED_CERTIFICATE' && place.intermediateDays > SHORT_LIVED_DAYS)
    throw privateCaRefusal(
      place,
      `issues for ${SHORT_LIVED_DAYS} days at most (SHORT_LIVED_CERTIFICATE), but the clusters’ CAs shall live ${place.intermediateDays}`,
      'name a CA of the mode GENERAL_PURPOSE',
    );
  return answer.CertificateAuthority ?? {};
}

function algorithmOf(authority: CertificateAuthority, place: PrivateCa): SigningAlgorithm {
  const kind = authority.CertificateAuthorityConfiguration?.KeyAlgorithm ?? 'unknown';
  const algorithm = algorithms[kind];
  if (algorithm) return algorithm;
  throw privateCaRefusal(
    place,
    `has a key of kind ${kind}, which Envoy and istiod do not verify`,
    `name a CA with a key of kind ${Object.keys(algorithms).join(', ')}`,
  );
}

/** Its certificate and those above it, checked as a user's own files are. */
async function certificatesOf(place: PrivateCa): Promise<{ certificatePem: string; chainPem: string }> {
  const { GetCertificateAuthorityCertificateCommand } = await import('@aws-sdk/client-acm-pca');
  const call = privateCaCall(
    place,
    'reading the certificate of spec.trust.root.privateCa',
    'GetCertificateAuthorityCertificate',
  );
  const request = new GetCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: place.spec.arn });
  const { Certificate = '', CertificateChain = '' } = await place.client
    .send(request)
    .catch((error: unknown) => {
      throw custodyError(error, call);
    });
  const where = place.where ?? place.spec.arn;
  const { trustDomain } = place;
  return loadChain({ certificatePem: `${Certificate}\n${CertificateChain}`, where, trustDomain });
}
