import { X509Certificate } from 'node:crypto';
import { isIsthmusError, messageOf } from '../../errors/index.ts';
import type { Finding, Remedy } from '../../report/index.ts';
import { type CertificateInfo, parseBundle } from '../certificate-info.ts';
import { authorityFaults, day, isIssuedBy, validityFault } from '../chain.ts';
import { algorithmNameOf, isUsableForSigning } from '../key-pair.ts';
import { isEncryptedKey, parsePrivateKey } from '../private-key.ts';
import { type AuthoritySecretData, authoritySecretKeys } from '../secret-data.ts';

/** One thing wrong with a `cacerts` secret. `warn` works today and will not for long. */
export interface AuthorityFinding extends Finding {
  readonly severity: 'fail' | 'warn';
  /** The secret's key at fault. */
  readonly key: keyof AuthoritySecretData;
}

export interface VerifyOptions {
  readonly now?: Date | undefined;
  /** Warn this many days before a certificate ends, 60 by default, but not while it is in the first two thirds of its life. */
  readonly warnDays?: number | undefined;
}

const WARN_DAYS = 60;
const DAY_MS = 86_400_000;

/**
 * Look at the decoded data of `istio-system/cacerts` as istiod and the proxies will: everything that is
 * wrong, worst first; empty when all is well. Never throws for bad data.
 */
export function verifyAuthority(
  data: Readonly<Record<string, string | undefined>>,
  options: VerifyOptions = {},
): AuthorityFinding[] {
  const missing = authoritySecretKeys.filter((key) => !data[key]?.trim());
  const read = readCertificates(data, missing);
  const findings = [...missing.map(missingKey), ...read.findings];
  const own = read.certificates['ca-cert.pem']?.[0];
  if (own) {
    findings.push(...ownFindings(own), ...keyFindings(data['ca-key.pem'], own));
    findings.push(...chainFindings(own, read.certificates));
  }
  findings.push(...timeFindings(read.certificates, options));
  return findings.sort((a, b) => Number(a.severity === 'warn') - Number(b.severity === 'warn'));
}

type Certificates = Partial<Record<keyof AuthoritySecretData, CertificateInfo[]>>;

const guide = 'https://istio.io/latest/docs/tasks/security/cert-management/plugin-ca-cert/';

const remedy: Remedy = {
  withFile: 'isthmus up writes the secret anew; a CA of your own must be put in with all four keys',
  byHand: `put an intermediate of the mesh’s one root into Secret cacerts of {cluster} with all four keys (${guide}), then kubectl --context {context} -n {istioNamespace} rollout restart deployment/istiod and restart the workloads`,
};

const failure = (
  key: AuthorityFinding['key'],
  message: string,
  more: Partial<Finding> = {},
): AuthorityFinding => ({
  severity: 'fail',
  key,
  message: `${key} ${message}`,
  fix: remedy,
  ...more,
});

const missingKey = (key: AuthorityFinding['key']) =>
  failure(key, 'is missing or empty', {
    cause: 'istiod ignores an incomplete cacerts and signs with a root of its own making',
  });

function readCertificates(data: Readonly<Record<string, string | undefined>>, missing: readonly string[]) {
  const certificates: Certificates = {};
  const findings: AuthorityFinding[] = [];
  for (const key of ['ca-cert.pem', 'cert-chain.pem', 'root-cert.pem'] as const) {
    if (missing.includes(key)) continue;
    try {
      certificates[key] = parseBundle(data[key] ?? '');
      if (certificates[key].length === 0) findings.push(failure(key, 'holds no PEM certificate'));
    } catch (error) {
      if (!isIsthmusError(error)) throw error;
      findings.push(
        failure(key, 'holds a certificate that cannot be decoded', { evidence: messageOf(error) }),
      );
    }
  }
  return { certificates, findings };
}

const ownFindings = (own: CertificateInfo) =>
  authorityFaults(own, 0).map((fault) => failure('ca-cert.pem', fault, { evidence: own.subject }));

function keyFindings(pem: string | undefined, own: CertificateInfo): AuthorityFinding[] {
  if (!pem?.trim()) return [];
  if (isEncryptedKey(pem))
    return [failure('ca-key.pem', 'is encrypted with a passphrase, which istiod cannot read')];
  const parsed = parsePrivateKey(pem);
  if (parsed.fault !== undefined) return [failure('ca-key.pem', parsed.fault)];
  if (!isUsableForSigning(parsed.key))
    return [
      failure(
        'ca-key.pem',
        `is a key of type ${algorithmNameOf(parsed.key)}, which cannot sign for the mesh`,
      ),
    ];
  if (new X509Certificate(own.pem).checkPrivateKey(parsed.key)) return [];
  return [failure('ca-key.pem', 'does not belong to ca-cert.pem', { evidence: own.subject })];
}

function chainFindings(own: CertificateInfo, certificates: Certificates): AuthorityFinding[] {
  const chain = certificates['cert-chain.pem'] ?? [];
  const roots = certificates['root-cert.pem'] ?? [];
  const findings: AuthorityFinding[] = [];
  if (chain[0] && chain[0].fingerprintSha256 !== own.fingerprintSha256)
    findings.push(
      failure('cert-chain.pem', 'does not begin with ca-cert.pem', {
        evidence: `it begins with ${chain[0].subject}`,
      }),
    );
  findings.push(...orderFindings(chain), ...roots.flatMap((root) => rootFindings(root, own)));
  if (roots.length > 0 && !reachesRoot(own, chain, roots)) findings.push(unanchored(own, roots));
  return findings;
}

function orderFindings(chain: readonly CertificateInfo[]): AuthorityFinding[] {
  const findings: AuthorityFinding[] = [];
  for (const [index, info] of chain.entries()) {
    const next = chain[index + 1];
    if (next && !isIssuedBy(info, next))
      findings.push(
        failure('cert-chain.pem', 'is out of order: each certificate must be followed by its issuer', {
          evidence: `${info.subject} is followed by ${next.subject}`,
        }),
      );
    for (const fault of index > 0 ? authorityFaults(info, index) : [])
      findings.push(failure('cert-chain.pem', `has an issuer that ${fault}`, { evidence: info.subject }));
  }
  return findings;
}

/** A root that is itself the CA of istiod needs no room for another one below it. */
const rootFindings = (root: CertificateInfo, own: CertificateInfo) =>
  authorityFaults(root, root.fingerprintSha256 === own.fingerprintSha256 ? 0 : 1).map((fault) =>
    failure('root-cert.pem', `has a root that ${fault}`, { evidence: root.subject }),
  );

/** Does a path of signatures lead from the CA through the chain, in any order, to a trusted root? */
function reachesRoot(
  from: CertificateInfo,
  chain: readonly CertificateInfo[],
  roots: readonly CertificateInfo[],
): boolean {
  const isRoot = (info: CertificateInfo) =>
    roots.some((root) => root.fingerprintSha256 === info.fingerprintSha256);
  if (isRoot(from) || roots.some((root) => isIssuedBy(from, root))) return true;
  const rest = chain.filter((info) => info.fingerprintSha256 !== from.fingerprintSha256);
  return rest.some((issuer) => isIssuedBy(from, issuer) && reachesRoot(issuer, rest, roots));
}

const unanchored = (own: CertificateInfo, roots: readonly CertificateInfo[]) =>
  failure('root-cert.pem', 'does not hold the root that signed ca-cert.pem', {
    cause: 'proxies will refuse every certificate that this istiod signs (CERTIFICATE_VERIFY_FAILED)',
    evidence: `issuer ${own.issuer}; trusted ${roots.map((root) => root.subject).join(' | ')}`,
  });

function timeFindings(certificates: Certificates, options: VerifyOptions): AuthorityFinding[] {
  const now = options.now ?? new Date();
  const seen = new Set<string>();
  const findings: AuthorityFinding[] = [];
  for (const key of ['ca-cert.pem', 'root-cert.pem', 'cert-chain.pem'] as const) {
    for (const info of certificates[key] ?? []) {
      if (seen.has(info.fingerprintSha256)) continue;
      seen.add(info.fingerprintSha256);
      const finding = timeFinding(key, info, { now, warnDays: options.warnDays ?? WARN_DAYS });
      if (finding) findings.push(finding);
    }
  }
  return findings;
}

function timeFinding(
  key: AuthorityFinding['key'],
  info: CertificateInfo,
  { now, warnDays }: { now: Date; warnDays: number },
): AuthorityFinding | undefined {
  const fault = validityFault(info, now);
  if (fault) {
    const cause =
      'whoever issued it had a clock that is ahead, or this machine’s is behind; istiod refuses it and does not start with it';
    const early = info.notBefore > now ? { cause } : {};
    return failure(key, fault, { evidence: info.subject, fix: rotation(key), ...early });
  }
  const soon = info.notAfter.getTime() - warnDays * DAY_MS;
  if (now.getTime() < Math.max(soon, info.renewAfter.getTime())) return undefined;
  const left = Math.floor((info.notAfter.getTime() - now.getTime()) / DAY_MS);
  return {
    severity: 'warn',
    key,
    message: `${key} expires on ${day(info.notAfter)}, in ${left} days; renewal was due on ${day(info.renewAfter)}`,
    evidence: info.subject,
    fix: rotation(key),
  };
}

const rotation = (key: AuthorityFinding['key']): Remedy =>
  key === 'root-cert.pem' ? newRoot : newIntermediate;

/** Every proxy trusts the root, so a new one goes beside the old one first. */
const newRoot: Remedy = {
  withFile:
    'make a new root (spec.trust.root, or let isthmus make one), trust both roots in every cluster, then sign with the new one',
  byHand: `make a new root, put both roots into root-cert.pem of every cluster’s cacerts, restart istiod and the workloads, then sign with the new one (${guide})`,
};

const newIntermediate: Remedy = {
  withFile: 'isthmus up renews intermediates that are due and restarts istiod',
  byHand: `put a new intermediate of the mesh’s root into Secret cacerts of {cluster} (${guide}), then kubectl --context {context} -n {istioNamespace} rollout restart deployment/istiod`,
};
