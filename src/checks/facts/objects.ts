import type { KubeObject } from '../../kubernetes/index.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** The parts of Kubernetes and Istio objects that checks read. */
export interface NodeObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

interface DeployedContainer {
  readonly name: string;
  readonly image?: string;
  readonly resources?: { readonly limits?: Readonly<Record<string, string>> | null };
}

export interface DeploymentObject extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
      readonly spec?: { readonly containers?: readonly DeployedContainer[] };
    };
  };
  readonly status?: { readonly readyReplicas?: number; readonly conditions?: readonly Condition[] };
}

export interface ServiceObject extends KubeObject {
  readonly spec?: { readonly type?: string; readonly ports?: readonly { readonly port: number }[] };
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
    };
  };
}

export interface PodObject extends KubeObject {
  readonly spec?: {
    readonly containers?: readonly { readonly name: string; readonly image?: string }[];
    readonly initContainers?: readonly { readonly name: string; readonly image?: string }[];
  };
  readonly status?: { readonly phase?: string };
}

export interface GatewayObject extends KubeObject {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly servers?: readonly {
      readonly port?: { readonly number?: number };
      readonly tls?: { readonly mode?: string };
    }[];
  };
}

export interface WebhookObject extends KubeObject {
  readonly webhooks?: readonly {
    readonly name?: string;
    readonly clientConfig?: { readonly caBundle?: string };
  }[];
}

/** `Kind namespace/name`, as problems name objects. */
export function nameOf(kind: string, object: KubeObject): string {
  const { namespace, name = '' } = object.metadata ?? {};
  return namespace ? `${kind} ${namespace}/${name}` : `${kind} ${name}`;
}
