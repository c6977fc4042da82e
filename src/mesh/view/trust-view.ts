import type { TrustFacts } from '../../checks/index.ts';
import { type CertificateInfo, inspect, parseBundle, topOf } from '../../pki/index.ts';
import type { CertificateRow, LeafRow, TrustView } from '../../report/index.ts';

/** What the check `trust` looks at in one cluster, as rows. */
export function trustView({ cluster, source, roots, proxies, liveProxies }: TrustFacts): TrustView {
  const chain = parseBundle(source.data?.['cert-chain.pem'] ?? '');
  const own = source.data?.['ca-cert.pem'];
  return {
    cluster: cluster.spec.name,
    source: source.object,
    roots: roots.map(certificateRow),
    intermediate: own ? certificateRow(inspect(own)) : undefined,
    signer: rootOf(chain, roots),
    leaves: proxies.map(({ pod, certificates }): LeafRow => {
      const trusted = certificates.roots.flatMap(parseBundle);
      const root = rootOf(parseBundle(certificates.chainPem), [...trusted, ...roots]);
      const { identity, notAfter } = certificates;
      const trusts = [...new Set(trusted.map(({ fingerprintSha256 }) => fingerprintSha256))];
      return { pod, identity, notAfter: notAfter.toISOString(), root, trusts };
    }),
    proxies: liveProxies,
  };
}

const certificateRow = ({
  subject,
  fingerprintSha256,
  notBefore,
  notAfter,
}: CertificateInfo): CertificateRow => ({
  subject,
  fingerprint: fingerprintSha256,
  notBefore: notBefore.toISOString(),
  notAfter: notAfter.toISOString(),
});

/** SHA-256 of the one of these roots that a chain leads to; undefined if it leads to none. */
function rootOf(chain: readonly CertificateInfo[], roots: readonly CertificateInfo[]): string | undefined {
  const top = chain.length > 0 ? topOf([...chain, ...roots])?.fingerprintSha256 : undefined;
  return roots.some(({ fingerprintSha256 }) => fingerprintSha256 === top) ? top : undefined;
}
