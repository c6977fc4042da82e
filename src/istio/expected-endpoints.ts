import type { MeshCluster } from '../provider/index.ts';
import type { LookOptions } from './pod-command.ts';

/** A Service port as callers name it. */
export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
  /** The Service's port number. */
  readonly port: number;
}

/** An endpoint that Envoy of a pod must have for a service. */
export interface ExpectedEndpoint {
  readonly address: string;
  readonly port: number;
  /** As istiod sends it: scaled by the least common multiple of the gateway counts. */
  readonly weight: number;
  /** Cluster whose pods answer behind it. */
  readonly cluster: string;
  readonly via: 'pod' | 'gateway';
  /** Name of the pod, for `via: pod`. */
  readonly pod?: string | undefined;
}

/** What a proxy should know, and why it might rightly know less. */
export interface ExpectedEndpoints {
  /** Envoy cluster name, `outbound|5000||helloworld.sample.svc.cluster.local`. */
  readonly envoyCluster: string;
  readonly endpoints: readonly ExpectedEndpoint[];
  /** Share of requests that each cluster should answer under equal load, by cluster name; sums to 1 unless empty. */
  readonly shares: Readonly<Record<string, number>>;
  /** Clusters with ready pods but no usable gateway address, so that nothing of theirs can be reached. */
  readonly unreachable: readonly { readonly cluster: string; readonly reason: string }[];
}

export interface ExpectedOptions extends LookOptions {
  readonly clusters: readonly MeshCluster[];
  /** Name of the cluster whose pods ask. */
  readonly from: string;
  readonly service: ServiceRef;
}
