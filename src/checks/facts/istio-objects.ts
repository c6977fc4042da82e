import type { DestinationRule, KubeObject } from '../../kubernetes/index.ts';

export interface TrafficPolicy {
  readonly outlierDetection?: { readonly maxEjectionPercent?: number };
  readonly loadBalancer?: { readonly localityLbSetting?: object };
}

/** `namespace/name` of an object. */
export const namespacedNameOf = ({ metadata }: KubeObject): string =>
  `${metadata?.namespace}/${metadata?.name}`;

/** Full name of a DestinationRule's host; a short name is one of its own namespace. */
export function hostOf({ metadata, spec }: DestinationRule): string {
  const host = spec?.host ?? '';
  return host.includes('.') || host === '*' ? host : `${host}.${metadata?.namespace}.svc.cluster.local`;
}
