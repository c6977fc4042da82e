import type { Finding } from '../../../report/index.ts';
import type { ServiceCopy } from './service-copy.ts';

/**
 * Copies of one Service whose kind keeps callers from the pods of other clusters. An ExternalName is a DNS
 * alias that has no endpoints (istio.io/istio pilot/pkg/serviceregistry/kube/conversion.go); of a headless
 * Service the destination is what DNS answered, which is never a pod of another network
 * (pkg/dns/server/name_table.go).
 */
export function kindFindings(copies: readonly ServiceCopy[]): Finding[] {
  return copies.flatMap((copy) => {
    if (copy.kind === 'ExternalName') return aliasFinding(copy, copies);
    return copy.kind === 'headless' ? headlessFinding(copy, copies) : [];
  });
}

const listed = (copies: readonly ServiceCopy[]): string => copies.map(({ cluster }) => cluster).join(', ');

const pods = (copies: readonly ServiceCopy[]): string =>
  copies.map(({ cluster, ready }) => `${ready} in ${cluster}`).join(', ');

function aliasFinding(copy: ServiceCopy, copies: readonly ServiceCopy[]): Finding[] {
  const real = copies.filter(({ kind }) => kind !== 'ExternalName');
  if (real.length === 0) return [];
  return [
    {
      cluster: copy.cluster,
      object: `Service ${copy.key}`,
      message: `is an ExternalName of ${copy.externalName ?? '(nothing)'} here, in ${listed(real)} it has pods of its own`,
      evidence: `ready pods: ${pods(real)}`,
      cause: `callers in ${copy.cluster} follow the name and never reach those pods; one name means one Service in a mesh`,
      fix: `give it the same type in every cluster, or another name in ${copy.cluster}`,
    },
  ];
}

/** Each cluster's own members under one headless name are what many databases want; none here and some there is not. */
function headlessFinding(copy: ServiceCopy, copies: readonly ServiceCopy[]): Finding[] {
  const away = copies.filter(({ network, ready, kind }) => {
    return network !== copy.network && ready > 0 && kind !== 'ExternalName';
  });
  const near = copies.filter(({ network, ready }) => network === copy.network && ready > 0);
  const other = away.filter(({ kind }) => kind === 'ClusterIP');
  const alone = near.length === 0 && !copy.hasSibling && away.length > 0;
  const mixed = other.length > 0 && !copy.balancesHeadless;
  if (!alone && !mixed) return [];
  return [
    {
      cluster: copy.cluster,
      object: `Service ${copy.key}`,
      message: alone
        ? `is headless and has no ready pod in network ${copy.network}, so its name leads nowhere here`
        : `is headless here and has a cluster IP in ${listed(other)}, whose pods no caller here reaches`,
      evidence: `ready pods: ${pods(away)}`,
      cause:
        'callers of a headless Service go where DNS says, to pods of their own network alone, and past the gateway',
      fix: 'make a Service with a cluster IP for callers of other networks, the same in every cluster, or one for each pod',
    },
  ];
}
