import { type CertificateInfo, parseBundle } from '../../../pki/index.ts';
import type { Finding } from '../../../report/index.ts';
import { type Findings, failures, merge } from '../../engine/findings.ts';
import type { ProxyTrust, TrustFacts } from '../../facts/trust-facts.ts';

export interface ProxyExpectation {
  readonly trustDomain: string;
  readonly meshRoots: readonly Pick<CertificateInfo, 'fingerprintSha256'>[];
  readonly now?: Date;
}

/** Does every live proxy trust a root of the mesh, and is its own certificate of the right domain and time? */
export function proxyFindings(
  { cluster, proxies }: Pick<TrustFacts, 'cluster' | 'proxies'>,
  { trustDomain, meshRoots, now = new Date() }: ProxyExpectation,
): Findings {
  const own = new Set(meshRoots.map(({ fingerprintSha256 }) => fingerprintSha256));
  const name = cluster.spec.name;
  return merge(
    proxies.map((proxy) => {
      const problems = [...rootProblems(proxy, own), ...identityProblems(proxy, { trustDomain, now })];
      return failures(...problems.map((problem) => ({ cluster: name, ...located(proxy), ...problem })));
    }),
  );
}

/** Deleting a pod of a Deployment makes one with fresh certificates. */
function located({ pod }: ProxyTrust): Pick<Finding, 'object' | 'fix'> {
  const [namespace, name] = pod.split('/');
  return { object: `Pod ${pod}`, fix: `kubectl --context {context} -n ${namespace} delete pod ${name}` };
}

function rootProblems({ certificates }: ProxyTrust, own: ReadonlySet<string>): Finding[] {
  if (own.size === 0) return [];
  const loaded = certificates.roots.flatMap(parseBundle).map(({ fingerprintSha256 }) => fingerprintSha256);
  if (loaded.some((print) => own.has(print))) return [];
  return [
    {
      message: 'trusts no root of the mesh',
      evidence: `it trusts ${loaded.map((print) => print.slice(0, 16)).join(', ') || 'nothing'}`,
      cause: 'it got its roots before cacerts was changed and istiod did not push the new ones',
    },
  ];
}

function identityProblems(
  { certificates }: ProxyTrust,
  { trustDomain, now }: { trustDomain: string; now: Date },
): Finding[] {
  const found: Finding[] = [];
  const domain = /^spiffe:\/\/([^/]+)\//.exec(certificates.identity)?.[1];
  if (domain !== trustDomain)
    found.push({
      message: `its identity is of trust domain ${domain ?? 'none'}, the mesh has ${trustDomain}`,
      evidence: certificates.identity,
      cause: 'istiod was set up with another trust domain than the mesh has',
      fix: {
        withFile: 'isthmus up, then restart the workload',
        byHand:
          'istioctl install --context {context} with the trust domain of the mesh, then restart the workload',
      },
    });
  if (certificates.notAfter <= now)
    found.push({
      message: 'its certificate expired',
      evidence: `ended ${certificates.notAfter.toISOString()}`,
      cause: 'istiod did not answer its requests for a new one',
    });
  return found;
}
