import { AsnConvert, NameConstraints } from '../asn1.ts';
import type { CertificateInfo } from '../certificate-info.ts';
import { X509Certificate } from '../x509.ts';

const NAME_CONSTRAINTS = '2.5.29.30';

/**
 * Why a CA's name constraints forbid what stands below it in a mesh: the SPIFFE identities of workloads and
 * of the clusters' CAs, and istiod's DNS names. Judged as RFC 5280 has it, and as OpenSSL does; where Go, which
 * istiod and the agents verify with, is stricter, as Go does. Empty if nothing is forbidden.
 */
export function nameFaults(info: CertificateInfo, trustDomain: string): string[] {
  const extension = new X509Certificate(info.pem).getExtension(NAME_CONSTRAINTS);
  if (!extension) return [];
  const { permittedSubtrees, excludedSubtrees } = AsnConvert.parse(extension.value, NameConstraints);
  const permitted = [...(permittedSubtrees ?? [])].map(({ base }) => base);
  const excluded = [...(excludedSubtrees ?? [])].map(({ base }) => base);
  const strange = [...permitted, ...excluded].some(
    (base) => base.directoryName !== undefined || (extension.critical && !isKnown(base)),
  );
  const kinds = [
    { what: `identities of spiffe://${trustDomain}`, name: trustDomain, key: 'uniformResourceIdentifier' },
    { what: 'istiod’s name istiod.istio-system.svc', name: 'istiod.istio-system.svc', key: 'dNSName' },
  ] as const;
  return [
    ...(strange ? ['has name constraints of a kind that istiod does not evaluate, and so refuses'] : []),
    ...kinds.flatMap(({ what, name, key }) => {
      const allowed = permitted.flatMap((base) => base[key] ?? []);
      const forbidden = excluded.flatMap((base) => base[key] ?? []);
      const isWithin = key === 'dNSName' ? isBelow : isHostOf;
      const isForbidden = forbidden.some((base) => isBelow(name, base) || isHostOf(name, base));
      const isMissed = allowed.length > 0 && !allowed.some((base) => isWithin(name, base));
      return isForbidden || isMissed ? [`has name constraints that forbid ${what}`] : [];
    }),
  ];
}

interface ConstraintBase {
  readonly dNSName?: string;
  readonly uniformResourceIdentifier?: string;
  readonly rfc822Name?: string;
  readonly iPAddress?: unknown;
}

const isKnown = (base: ConstraintBase): boolean =>
  [base.dNSName, base.uniformResourceIdentifier, base.rfc822Name, base.iPAddress].some(
    (value) => value !== undefined,
  );

/** DNS: the name itself and all below it; an empty base means every name. */
const isBelow = (name: string, base: string): boolean =>
  base === '' || `.${name}`.endsWith(`.${base.toLowerCase().replace(/^\./, '')}`);

/** URIs: a host exactly, or all below one that begins with a dot. */
const isHostOf = (host: string, base: string): boolean =>
  base.startsWith('.') ? host.endsWith(base.toLowerCase()) : host === base.toLowerCase();
