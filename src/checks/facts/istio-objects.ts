import type { KubeObject } from '../../kubernetes/index.ts';

/** The parts of Istio's configuration that checks read. */
export interface DestinationRuleObject extends KubeObject {
  readonly spec?: {
    readonly host?: string;
    readonly subsets?: readonly { readonly name: string; readonly trafficPolicy?: TrafficPolicy }[];
    readonly trafficPolicy?: TrafficPolicy;
  };
}

export interface TrafficPolicy {
  readonly outlierDetection?: { readonly maxEjectionPercent?: number };
  readonly loadBalancer?: { readonly localityLbSetting?: object };
}

export interface AuthorizationPolicyObject extends KubeObject {
  readonly spec?: {
    readonly action?: string;
    readonly rules?: readonly object[];
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly targetRefs?: readonly object[];
  };
}

export interface PeerAuthenticationObject extends KubeObject {
  readonly spec?: { readonly mtls?: { readonly mode?: string } };
}

/** `namespace/name` of an object. */
export const namespacedNameOf = ({ metadata }: KubeObject): string =>
  `${metadata?.namespace}/${metadata?.name}`;

/** Full name of a DestinationRule's host; a short name is one of its own namespace. */
export function hostOf({ metadata, spec }: DestinationRuleObject): string {
  const host = spec?.host ?? '';
  return host.includes('.') || host === '*' ? host : `${host}.${metadata?.namespace}.svc.cluster.local`;
}
