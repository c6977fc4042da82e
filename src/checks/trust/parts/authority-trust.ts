import { type AuthorityFinding, type CertificateInfo, verifyAuthority } from '../../../pki/index.ts';
import type { Finding } from '../../../report/index.ts';
import { type Findings, failures, merge, warnings } from '../../engine/findings.ts';
import type { TrustFacts } from '../../facts/trust-facts.ts';

type Source = Pick<TrustFacts, 'source' | 'roots'> & { readonly name: string };

const guide = 'https://istio.io/latest/docs/tasks/security/cert-management/plugin-ca-cert/';

/** Is what a cluster's certificates are signed with good, and one that the other clusters know? */
export function sourceFindings(own: Source, others: readonly Source[], now = new Date()): Findings {
  const { kind, data } = own.source;
  if (kind === 'cacerts') return authority(own, verifyAuthority(data ?? {}, { now }));
  if (own.roots.length === 0 && kind !== 'none') return failures(noRoot(own));
  const dates = rootDates(own, now);
  if (kind === 'external') return dates;
  const strangers = others.filter((other) => other.roots.length > 0 && !sharesRoot(own, other));
  if (kind === 'own') return strangers.length > 0 ? failures(ownRoot(own, strangers)) : dates;
  return failures({
    ...subjectOf(own),
    message: 'does not exist, so istiod signs with a root of its own making as soon as it starts again',
    evidence: `istiod still hands out ${shown(own.roots)}`,
    cause: 'it was deleted; proxies of other clusters will refuse this cluster’s certificates',
    fix: plugIn(own.name),
  });
}

/** Which roots may a cluster's istiods and proxies have? Its own making is one finding, not one for each pod. */
export function acceptedRoots(
  own: Source,
  meshRoots: readonly CertificateInfo[],
): readonly CertificateInfo[] {
  return own.source.kind === 'own' ? [...meshRoots, ...own.roots] : meshRoots;
}

export const sharesRoot = (one: Pick<Source, 'roots'>, other: Pick<Source, 'roots'>): boolean =>
  one.roots.some((root) => other.roots.some((its) => its.fingerprintSha256 === root.fingerprintSha256));

/** Where istiod looks for an authority that it did not make: in the namespace in which its roots were read. */
const subjectOf = ({ name, source }: Source) => ({
  cluster: name,
  object: source.object.replace(/^\S+ (.*)\/.*$/, 'Secret $1/cacerts'),
});

const shown = (roots: readonly CertificateInfo[]): string =>
  roots
    .map(({ subject, fingerprintSha256 }) => `${fingerprintSha256.slice(0, 16)} (${subject})`)
    .join(', ') || 'no root';

const plugIn = (name: string): string =>
  `make an intermediate of the mesh’s one root for ${name} (${guide}); kubectl --context {context} -n {istioNamespace} create secret generic cacerts --from-file=ca-cert.pem --from-file=ca-key.pem --from-file=root-cert.pem --from-file=cert-chain.pem; then restart istiod and the workloads`;

/** What cannot be read cannot be compared, and must not pass for the same. */
const noRoot = ({ name, source }: Source): Finding => ({
  cluster: name,
  object: source.object,
  message: 'holds no root certificate that can be read, so nobody knows what this cluster trusts',
  evidence:
    source.rootsPem.trim() === '' ? 'it is empty or absent' : 'it holds something else than PEM certificates',
  cause: 'istiod did not write it, or whoever signs in its place handed out something else',
  fix: `kubectl --context {context} -n {istioNamespace} get configmap istio-ca-root-cert -o yaml`,
});

const ownRoot = (own: Source, strangers: readonly Source[]): Finding => ({
  ...subjectOf(own),
  message: `does not exist, so istiod signs with a root of its own making, which ${strangers.map(({ name }) => name).join(', ')} does not trust`,
  evidence: [own, ...strangers].map(({ name, roots }) => `${name}: ${shown(roots)}`).join('; '),
  cause: 'each istiod without cacerts makes a root for itself; proxies of the others refuse its certificates',
  fix: plugIn(own.name),
});

function authority(own: Source, found: readonly AuthorityFinding[]): Findings {
  const of = (wanted: AuthorityFinding['severity']): Finding[] =>
    found
      .filter(({ severity }) => severity === wanted)
      .map(({ severity: _severity, key: _key, ...problem }) => ({
        ...problem,
        ...subjectOf(own),
      }));
  return merge([failures(...of('fail')), warnings(...of('warn'))]);
}

const soonMs = 60 * 86_400_000;

/** Roots that nobody plugged in have dates as well. */
function rootDates({ name, source, roots }: Source, now: Date): Findings {
  const ending = roots.filter(({ notAfter }) => notAfter.getTime() - now.getTime() < soonMs);
  const problems = ending.map((root) => ({
    expired: root.notAfter <= now,
    problem: {
      cluster: name,
      object: source.object,
      message: root.notAfter <= now ? 'holds a root that expired' : 'holds a root that ends within 60 days',
      evidence: `${root.subject} ends ${root.notAfter.toISOString()}`,
      cause: 'istiod gives a root of its own making ten years; others end when their maker says',
      fix: 'renew it where it is made, before every certificate below it stops being accepted',
    },
  }));
  return merge(problems.map(({ expired, problem }) => (expired ? failures(problem) : warnings(problem))));
}
