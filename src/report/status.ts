import type { UnseenCluster, UnseenState } from './unseen.ts';

/** One certificate and how long it is still good for. */
export interface CertificateStatus {
  readonly subject: string;
  /** SHA-256 fingerprint, lower-case hex. */
  readonly fingerprint: string;
  readonly notAfter: Date;
}

/** One gateway Service of type LoadBalancer. */
export interface GatewayStatus {
  readonly name: string;
  /** IP addresses or host names; empty while provisioning. */
  readonly addresses: readonly string[];
  readonly ready: number;
  readonly total: number;
}

/** How one cluster's istiods see one peer's API server. */
export interface RemoteStatus {
  readonly peer: string;
  readonly istiod: string;
  readonly synced: boolean;
  /** The word that istiod uses: `synced`, `syncing`, `timeout`, `closed`, … */
  readonly state: string;
  /** By which the cluster reads the peer; undefined if its Secret is missing or cannot be read. */
  readonly token?:
    | {
        /** `bounded` ends by itself, `secret` lives by a Secret in the peer. */
        readonly access: 'bounded' | 'secret';
        readonly issued: Date;
        readonly expires?: Date | undefined;
      }
    | undefined;
}

/** A run of isthmus that changes the mesh, by the Lease that it holds. */
export interface MeshWork {
  /** `user@host`. */
  readonly who: string;
  readonly pid: number;
  /** `up eks-2`. */
  readonly command: string;
  /** ISO 8601, by its own clock. */
  readonly since: string;
  /** When it last said that it is there, by its own clock. */
  readonly renewed: Date;
  /** It was killed, or was silent for so long that no clock explains it; the next one takes over. */
  readonly gone: boolean;
}

/** One cluster's row of `status`; what could not be seen is undefined or empty and said in `problems`. */
export interface ClusterStatus {
  readonly cluster: string;
  readonly provider: string;
  readonly network: string;
  readonly state: 'absent' | 'starting' | 'ready' | 'degraded' | 'failed' | UnseenState;
  readonly detail: string;
  /** Why the mesh in it could not be looked at; absent if it could, or if there is no cluster. */
  readonly unseen?: UnseenCluster | undefined;
  /** Kubernetes version. */
  readonly version?: string | undefined;
  readonly istiod?:
    | { readonly ready: number; readonly total: number; readonly version?: string | undefined }
    | undefined;
  readonly gateways: readonly GatewayStatus[];
  readonly certificates: {
    readonly root?: CertificateStatus | undefined;
    readonly intermediate?: CertificateStatus | undefined;
  };
  readonly remotes: readonly RemoteStatus[];
  readonly problems: readonly string[];
  /** Who changes the cluster just now; absent if nobody does. */
  readonly work?: MeshWork | undefined;
}

/** The whole of `status`'s answer. */
export interface StatusReport {
  readonly mesh: string;
  /** When it was looked at. */
  readonly time: Date;
  readonly clusters: readonly ClusterStatus[];
}
