import { X509Certificate } from 'node:crypto';
import { IsthmusError } from '../errors/index.ts';
import type { Authority } from './authority.ts';
import { certificateBlocks, inspect } from './certificate-info.ts';

/** The four keys of Istio's Secret `istio-system/cacerts`, decoded (PEM text). */
export type AuthoritySecretData = {
  readonly 'ca-cert.pem': string;
  readonly 'ca-key.pem': string;
  readonly 'root-cert.pem': string;
  readonly 'cert-chain.pem': string;
};

export const authoritySecretKeys = ['ca-cert.pem', 'ca-key.pem', 'root-cert.pem', 'cert-chain.pem'] as const;

/** A trusted root: PEM text of one or several, or an authority whose chain ends in it. */
export type RootSource = string | Authority;

/**
 * Lay an intermediate out as istiod reads it: the chain is the intermediate followed by all its issuers,
 * the roots are those given, in that order and once each. Throws CA_INVALID if the intermediate's own
 * root is not among them.
 */
export function toSecretData(
  intermediate: Authority,
  roots: RootSource | readonly RootSource[],
): AuthoritySecretData {
  const given = typeof roots === 'string' || !Array.isArray(roots) ? [roots as RootSource] : roots;
  const anchors = [...new Set(given.flatMap(anchorsOf))];
  const own = certificateBlocks(intermediate.chainPem).at(-1);
  if (!own || !anchors.some((anchor) => sameCertificate(anchor, own)))
    throw new IsthmusError(
      'CA_INVALID',
      `the root of "${inspect(intermediate.certificatePem).subject}" is not among the trusted roots`,
      { hint: 'list the root that signed the intermediate as well' },
    );
  return {
    'ca-cert.pem': intermediate.certificatePem,
    'ca-key.pem': intermediate.keyPem,
    'root-cert.pem': anchors.join(''),
    'cert-chain.pem': intermediate.certificatePem + intermediate.chainPem,
  };
}

/** The authority that such a Secret holds, which signs below its roots. Parts that are missing are empty. */
export function authorityIn(data: Readonly<Record<string, string>>): Authority {
  return {
    kind: 'intermediate',
    certificatePem: data['ca-cert.pem'] ?? '',
    keyPem: data['ca-key.pem'] ?? '',
    chainPem: certificateBlocks(data['cert-chain.pem'] ?? '')
      .slice(1)
      .join(''),
  };
}

function anchorsOf(source: RootSource): string[] {
  if (typeof source === 'string') return certificateBlocks(source);
  return certificateBlocks(source.certificatePem + source.chainPem).slice(-1);
}

const sameCertificate = (a: string, b: string) =>
  new X509Certificate(a).fingerprint256 === new X509Certificate(b).fingerprint256;
