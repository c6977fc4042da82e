import type {
  CoreV1Event,
  V1ClusterRole,
  V1ConfigMap,
  V1Deployment,
  V1EndpointSlice,
  V1MutatingWebhookConfiguration,
  V1Node,
  V1Pod,
  V1Role,
  V1Secret,
  V1Service,
} from '@kubernetes/client-node';
import type { LabelSelector } from './label-selector.ts';
import type { KubeObject } from './types.ts';

/*
 * The kinds of objects that isthmus reads, as the API server describes them. Times are strings in
 * what it sends, whatever these types say of them. Only types come from the client library, as to
 * load it takes longer than most of what isthmus does.
 */
export type ClusterRole = KubeObject & V1ClusterRole;
export type ConfigMap = KubeObject & V1ConfigMap;
export type CoreEvent = KubeObject & CoreV1Event;
export type Deployment = KubeObject & V1Deployment;
export type EndpointSlice = KubeObject & V1EndpointSlice;
export type MutatingWebhookConfiguration = KubeObject & V1MutatingWebhookConfiguration;
export type Node = KubeObject & V1Node;
export type Pod = KubeObject & V1Pod;
export type Role = KubeObject & V1Role;
export type Secret = KubeObject & V1Secret;
export type Service = KubeObject & V1Service;

/** `networking.k8s.io/v1` NetworkPolicy, as far as it says who may come in. */
export interface NetworkPolicy extends KubeObject {
  readonly spec?: {
    readonly podSelector?: LabelSelector;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly NetworkPolicyRule[];
  };
}

/** Whom a NetworkPolicy lets in where; nobody named means everybody, no port named every port. */
export interface NetworkPolicyRule {
  readonly from?: readonly NetworkPolicyPeer[];
  readonly ports?: readonly NetworkPolicyPort[];
}

export interface NetworkPolicyPeer {
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
  readonly namespaceSelector?: LabelSelector;
  readonly podSelector?: LabelSelector;
}

export interface NetworkPolicyPort {
  readonly protocol?: string;
  /** A number, or the name of a container's port. */
  readonly port?: number | string;
  readonly endPort?: number;
}

/** `networking.istio.io/v1` DestinationRule, as far as isthmus reads it. */
export interface DestinationRule extends KubeObject {
  readonly spec?: {
    readonly host?: string;
    readonly subsets?: readonly {
      readonly name: string;
      readonly labels?: Readonly<Record<string, string>>;
      readonly trafficPolicy?: TrafficPolicy;
    }[];
    readonly exportTo?: readonly string[];
    readonly workloadSelector?: object;
    readonly trafficPolicy?: TrafficPolicy;
  };
}

export interface TrafficPolicy {
  readonly tls?: { readonly mode?: string };
  readonly portLevelSettings?: readonly {
    readonly port?: { readonly number?: number };
    readonly tls?: { readonly mode?: string };
  }[];
  readonly outlierDetection?: {
    readonly maxEjectionPercent?: number;
    readonly consecutive5xxErrors?: number;
    readonly consecutiveGatewayErrors?: number;
  };
  readonly loadBalancer?: {
    readonly localityLbSetting?: {
      readonly enabled?: boolean;
      readonly failover?: readonly object[];
      readonly failoverPriority?: readonly string[];
    };
  };
}

interface WeightedDestination {
  readonly destination?: { readonly host?: string; readonly subset?: string };
  readonly weight?: number;
}

/** `networking.istio.io/v1` VirtualService, as far as isthmus reads it. */
export interface VirtualService extends KubeObject {
  readonly spec?: {
    readonly hosts?: readonly string[];
    readonly gateways?: readonly string[];
    readonly http?: readonly {
      readonly route?: readonly WeightedDestination[];
      readonly retries?: { readonly retryRemoteLocalities?: boolean };
    }[];
    readonly tcp?: readonly { readonly route?: readonly WeightedDestination[] }[];
    readonly tls?: readonly { readonly route?: readonly WeightedDestination[] }[];
  };
}

/** `networking.istio.io/v1` Sidecar, as far as isthmus reads it. */
export interface Sidecar extends KubeObject {
  readonly spec?: {
    readonly workloadSelector?: { readonly labels?: Readonly<Record<string, string>> };
    readonly egress?: readonly { readonly hosts?: readonly string[] }[];
  };
}

/** `security.istio.io/v1` AuthorizationPolicy, as far as isthmus reads it. */
export interface AuthorizationPolicy extends KubeObject {
  readonly spec?: {
    readonly action?: string;
    readonly rules?: readonly object[];
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly targetRefs?: readonly object[];
  };
}

/** `security.istio.io/v1` PeerAuthentication, as far as isthmus reads it. */
export interface PeerAuthentication extends KubeObject {
  readonly spec?: {
    readonly mtls?: { readonly mode?: string };
    readonly portLevelMtls?: Readonly<Record<string, { readonly mode?: string }>>;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
}

/** `networking.istio.io/v1` Gateway, as far as isthmus reads it. */
export interface IstioGateway extends KubeObject {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly servers?: readonly {
      readonly port?: { readonly number?: number };
      readonly tls?: { readonly mode?: string };
      readonly hosts?: readonly string[];
    }[];
  };
}

/** `gateway.networking.k8s.io/v1` Gateway, as far as it opens ports and states addresses. */
export interface ApiGateway extends KubeObject {
  readonly spec?: {
    readonly gatewayClassName?: string;
    readonly addresses?: readonly { readonly type?: string; readonly value?: string }[];
    readonly listeners?: readonly {
      readonly port?: number;
      readonly protocol?: string;
      readonly tls?: { readonly options?: Readonly<Record<string, string>> };
    }[];
  };
}
