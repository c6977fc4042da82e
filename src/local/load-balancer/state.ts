import type { LoadBalancer } from '../../provider/index.ts';

/** Where the controller reports: one key `namespace.service` per load balancer. */
export const balancerConfigMap = { namespace: 'kube-system', name: 'isthmus-load-balancers' } as const;

/** One load balancer's value in the ConfigMap, as JSON. */
export type BalancerState = Omit<LoadBalancer, 'cluster'>;

/** What the controller reads of a Service. */
export interface ServiceObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly type?: string;
    readonly loadBalancerClass?: string;
    readonly loadBalancerSourceRanges?: readonly string[];
    readonly ports?: readonly ServicePort[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
}

/** What the controller reads of an EndpointSlice. */
export interface EndpointSliceObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly ports?:
    | readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[]
    | null;
  readonly endpoints?: readonly EndpointObject[] | null;
}

export interface EndpointObject {
  readonly addresses: readonly string[];
  readonly conditions?: {
    readonly ready?: boolean;
    readonly serving?: boolean;
    readonly terminating?: boolean;
  };
  readonly nodeName?: string;
  readonly zone?: string;
  readonly targetRef?: { readonly kind?: string; readonly name?: string };
}

const localClass = 'isthmus.io/local';

/** Is this Service ours to serve? Another class belongs to another controller. */
export function isBalanced({ metadata, spec }: ServiceObject): boolean {
  const ours = spec.loadBalancerClass === undefined || spec.loadBalancerClass === localClass;
  return spec.type === 'LoadBalancer' && ours && metadata.deletionTimestamp === undefined;
}

/** Addresses that a Service's status states. */
export const ingressOf = ({ status }: ServiceObject): readonly string[] =>
  (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);

export const serviceKey = ({ metadata }: { metadata: { namespace: string; name: string } }): string =>
  `${metadata.namespace}.${metadata.name}`;
