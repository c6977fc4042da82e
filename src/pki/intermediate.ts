import type { Authority } from './authority.ts';
import { DAY_MS, issue } from './issue.ts';
import { generateKeyPair, type KeyAlgorithm } from './key-pair.ts';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
} from './x509.ts';

export interface IntermediateOptions {
  readonly root: Authority;
  /** Name of the cluster whose istiod will sign with it; makes the subject distinct. */
  readonly cluster: string;
  readonly meshName: string;
  readonly days: number;
  readonly algorithm: KeyAlgorithm;
  /** Stated as `spiffe://<trustDomain>`, the identity that SPIFFE gives a signing certificate. */
  readonly trustDomain?: string | undefined;
  readonly now?: Date | undefined;
}

/** Make one cluster's CA: may sign workloads' certificates but no further CA. Never outlives the root. */
export async function issueIntermediate(options: IntermediateOptions): Promise<Authority> {
  const { root, trustDomain } = options;
  const { privateKeyPem } = await generateKeyPair(options.algorithm);
  const certificatePem = await issue({
    subject: [{ O: [options.meshName] }, { OU: [options.cluster] }, { CN: ['Istio CA'] }],
    keyPem: privateKeyPem,
    issuer: root,
    lifeMs: options.days * DAY_MS,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ...(trustDomain
        ? [new SubjectAlternativeNameExtension([{ type: 'url', value: `spiffe://${trustDomain}` }])]
        : []),
    ],
    now: options.now,
  });
  const chainPem = root.certificatePem + root.chainPem;
  return { kind: 'intermediate', certificatePem, keyPem: privateKeyPem, chainPem };
}
