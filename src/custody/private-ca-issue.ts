import { createPublicKey } from 'node:crypto';
import { awsErrorName } from '../aws/index.ts';
import {
  type Authority,
  authorityFaults,
  type IntermediateRequest,
  inspect,
  isCertificateOf,
  isIssuedBy,
  requestIntermediate,
} from '../pki/index.ts';
import { NotReady, waitUntil } from '../process/index.ts';
import { custodyError } from './custody-error.ts';
import { type OpenPrivateCa, privateCaCall, privateCaRefusal } from './open-private-ca.ts';

const DAY_MS = 86_400_000;

/** By which a CA, named by its ARN, issues what can have no CA below it. */
export const templateArn = (arn: string): string =>
  `arn:${arn.split(':')[1]}:acm-pca:::template/SubordinateCACertificate_PathLen0/V1`;

/**
 * Have one cluster's CA issued: its key is made here, AWS signs the request. Issuing takes AWS a moment,
 * which is waited for. Throws CA_INVALID if what AWS issued could not serve, and what AWS throws.
 */
export async function issueByPrivateCa(
  authority: OpenPrivateCa,
  request: IntermediateRequest,
): Promise<Authority> {
  const { csrPem, keyPem } = await requestIntermediate(request);
  const arn = await ordered(authority, csrPem, endOf(authority, request));
  const certificatePem = await issued(authority, arn);
  refuseOther(authority, certificatePem, keyPem);
  const chainPem = authority.certificatePem + authority.chainPem;
  return { kind: 'intermediate', certificatePem, keyPem, chainPem };
}

/** AWS refuses a certificate that would outlive its CA. */
function endOf({ certificatePem }: OpenPrivateCa, { days, now = new Date() }: IntermediateRequest): Date {
  const { notAfter } = inspect(certificatePem);
  return new Date(Math.min(now.getTime() + days * DAY_MS, notAfter.getTime()));
}

async function ordered(authority: OpenPrivateCa, csrPem: string, end: Date): Promise<string> {
  const { IssueCertificateCommand } = await import('@aws-sdk/client-acm-pca');
  const { spec, client, signingAlgorithm } = authority;
  const request = new IssueCertificateCommand({
    CertificateAuthorityArn: spec.arn,
    Csr: Buffer.from(csrPem),
    SigningAlgorithm: signingAlgorithm,
    TemplateArn: templateArn(spec.arn),
    Validity: { Type: 'ABSOLUTE', Value: Math.floor(end.getTime() / 1000) },
  });
  try {
    const { CertificateArn } = await client.send(request);
    if (CertificateArn) return CertificateArn;
  } catch (error) {
    throw custodyError(error, privateCaCall(authority, 'having a cluster’s CA issued', 'IssueCertificate'));
  }
  throw privateCaRefusal(
    authority,
    'named no certificate',
    'look at its audit report, then run the command again',
  );
}

function issued(authority: OpenPrivateCa, arn: string): Promise<string> {
  const { spec, client, signal } = authority;
  const what = `${spec.arn} to issue a certificate`;
  return waitUntil({ what, timeoutMs: 120_000, delayMs: 500, maxDelayMs: 3000, signal }, async () => {
    const { GetCertificateCommand } = await import('@aws-sdk/client-acm-pca');
    const request = new GetCertificateCommand({ CertificateAuthorityArn: spec.arn, CertificateArn: arn });
    try {
      const { Certificate = '' } = await client.send(request);
      return inspect(Certificate).pem;
    } catch (error) {
      if (awsErrorName(error) === 'RequestInProgressException') throw new NotReady('it is being issued');
      throw custodyError(error, privateCaCall(authority, 'getting a cluster’s CA', 'GetCertificate'));
    }
  });
}

/** What came back must be the CA that was asked for: a template or a policy of the CA may say otherwise. */
function refuseOther(authority: OpenPrivateCa, certificatePem: string, keyPem: string): void {
  const info = inspect(certificatePem);
  const faults = [
    ...authorityFaults(info, 0),
    ...(isIssuedBy(info, inspect(authority.certificatePem)) ? [] : ['was not signed by the CA']),
    ...(isCertificateOf(info, createPublicKey(keyPem)) ? [] : ['is for another key']),
  ];
  if (faults.length === 0) return;
  throw privateCaRefusal(
    authority,
    `issued a certificate that ${faults.join(' and ')}`,
    'see that the template SubordinateCACertificate_PathLen0/V1 may be used with it',
  );
}
