import type { Authority } from './authority.ts';
import { DAY_MS, issue } from './issue.ts';
import { generateKeyPair, type KeyAlgorithm } from './key-pair.ts';
import { librarySigner, type Signer, signerOf } from './signer.ts';
import {
  BasicConstraintsExtension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from './x509.ts';

/** What a cluster's CA shall be. */
export interface IntermediateRequest {
  /** Name of the cluster whose istiod will sign with it; makes the subject distinct. */
  readonly cluster: string;
  readonly meshName: string;
  readonly days: number;
  readonly algorithm: KeyAlgorithm;
  /** Stated as `spiffe://<trustDomain>`, the identity that SPIFFE gives a signing certificate. */
  readonly trustDomain?: string | undefined;
  readonly now?: Date | undefined;
}

/** A CA as one that signs. */
export interface SigningAuthority {
  readonly certificatePem: string;
  /** Its issuers, nearest first, ending with the self-signed root; empty for a root. */
  readonly chainPem: string;
  readonly signer: Signer;
}

/** Make one cluster's CA: may sign workloads' certificates but no further CA. Never outlives the root. */
export function issueIntermediate(options: IntermediateRequest & { root: Authority }): Promise<Authority> {
  const { certificatePem, chainPem, keyPem } = options.root;
  return intermediateBelow({ certificatePem, chainPem, signer: signerOf(keyPem) }, options);
}

/** {@link issueIntermediate} below a CA whose key may be elsewhere. */
export async function intermediateBelow(
  issuer: SigningAuthority,
  request: IntermediateRequest,
): Promise<Authority> {
  const { trustDomain, days, algorithm, now } = request;
  const { privateKeyPem } = await generateKeyPair(algorithm);
  const certificatePem = await issue({
    subject: subjectOf(request),
    keyPem: privateKeyPem,
    signer: issuer.signer,
    issuerPem: issuer.certificatePem,
    lifeMs: days * DAY_MS,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ...identityOf(trustDomain),
    ],
    now,
  });
  const chainPem = issuer.certificatePem + issuer.chainPem;
  return { kind: 'intermediate', certificatePem, keyPem: privateKeyPem, chainPem };
}

/** A request by which somebody else can make one cluster's CA, with its new key. Both PEM; the key is a secret. */
export async function requestIntermediate(
  request: IntermediateRequest,
): Promise<{ readonly csrPem: string; readonly keyPem: string }> {
  const { privateKeyPem } = await generateKeyPair(request.algorithm);
  const { key, publicKey, algorithm, crypto } = librarySigner(signerOf(privateKeyPem));
  const csr = await Pkcs10CertificateRequestGenerator.create(
    {
      name: subjectOf(request),
      keys: { publicKey, privateKey: key },
      signingAlgorithm: algorithm,
      extensions: identityOf(request.trustDomain),
    },
    crypto,
  );
  return { csrPem: `${csr.toString('pem')}\n`, keyPem: privateKeyPem };
}

const subjectOf = ({ meshName, cluster }: IntermediateRequest): JsonName => [
  { O: [meshName] },
  { OU: [cluster] },
  { CN: ['Istio CA'] },
];

const identityOf = (trustDomain: string | undefined) =>
  trustDomain
    ? [new SubjectAlternativeNameExtension([{ type: 'url', value: `spiffe://${trustDomain}` }])]
    : [];
