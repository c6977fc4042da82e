import type { KubeClient, KubeConnection } from '../kubernetes/index.ts';
import type { Reporter, UnseenCluster, UnseenState } from '../report/index.ts';
import type { Cidr, ClusterSpec, GatewayName, ProviderName, Topology } from '../topology/index.ts';

/** What every operation of a provider gets. */
export interface ProviderContext {
  readonly topology: Topology;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Has whoever runs this agreed that what a cluster stands on may be replaced by something new? */
  readonly allowReplacement?: boolean | undefined;
}

/** What the mesh code must know of a provider's clusters, instead of their provider's name. */
export interface ClusterCapabilities {
  /** `vanilla` lacks Istio's own Envoy filters, so istiod must not ask for them. */
  readonly proxy: 'istio' | 'vanilla';
  /** Small means: one replica, no autoscaling, modest requests, so that several clusters share a machine. */
  readonly size: 'small' | 'production';
  /**
   * To how many clusters of the provider workloads are deployed at a time, where all share one machine's processors; no
   * limit when undefined.
   */
  readonly clustersAtOnce?: number | undefined;
  /** How long what is made there is waited for, which is ample when all is well. Milliseconds. */
  readonly timeouts: {
    /** From applying a Deployment to its being available: nodes to start, images to pull. */
    readonly workloadsMs: number;
    /** From applying a Service of type LoadBalancer to healthy targets that everybody resolves. */
    readonly loadBalancersMs: number;
  };
  /** Of istiod and the gateways, so that no ordinary pod keeps them from a node; none when undefined. */
  readonly priorityClass?: string | undefined;
  /** Of each gateway's Service of type LoadBalancer. */
  readonly loadBalancers: { readonly [name in GatewayName]: LoadBalancerSettings };
}

/** What a Service needs so that the provider's load balancer does what the file says of the gateway. */
export interface LoadBalancerSettings {
  readonly class?: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  /** Its targets are pods, so that no node needs a port for it. */
  readonly podTargets: boolean;
  /**
   * Seconds for which new connections may still come to a pod that ends, until the load balancer has let go of
   * it; 0 where nobody knows of any.
   */
  readonly deregistrationSeconds: number;
  /**
   * Labels of a namespace by which the provider's controller keeps its pods from being Ready before they are
   * healthy targets, so that no roll-out ends the old ones earlier.
   */
  readonly readinessGate?: Readonly<Record<string, string>> | undefined;
  /** The annotations say where it asks for health, so that it needs no port of the Service for that. */
  readonly statedHealthCheck: boolean;
}

/** One line of `plan`: what would happen to something that the provider owns. */
export interface ProviderChange {
  readonly cluster: string;
  /** `drift`: changed by something else, and `up` does not undo it. */
  readonly action: 'create' | 'update' | 'remove' | 'drift' | 'none';
  /** `local node`, `CloudFormation stack isthmus-demo-eks-1`, … */
  readonly what: string;
  readonly details: readonly string[];
  /** Why the provider could not look: the change is then what it would be if there were nothing. */
  readonly unseen?: UnseenCluster | undefined;
}

/** `unreachable`, `refused` and `unknown`: it may be there, but could not be looked at. */
export type ClusterState = 'absent' | 'starting' | 'ready' | 'degraded' | 'failed' | UnseenState;

export interface ClusterObservation {
  readonly cluster: string;
  readonly state: ClusterState;
  /** Kubernetes version when known. */
  readonly version?: string | undefined;
  /** One line for a person, naming what is not well. */
  readonly detail: string;
}

/** States of Elastic Load Balancing v2's DescribeTargetHealth, which the local controller reports as well. */
export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining' | 'unavailable';

export interface LoadBalancerTarget {
  readonly address: string;
  readonly port: number;
  readonly zone?: string | undefined;
  readonly state: TargetState;
  /** ELB reason code, such as Target.FailedHealthChecks. */
  readonly reason?: string | undefined;
  readonly description?: string | undefined;
  readonly pod?: string | undefined;
  readonly node?: string | undefined;
}

/** Codes of Elastic Load Balancing v2's LoadBalancerState. */
export type LoadBalancerState = 'provisioning' | 'active' | 'active_impaired' | 'failed';

/** One load balancer as the cloud (or the local controller) sees it. */
export interface LoadBalancer {
  readonly cluster: string;
  readonly namespace: string;
  readonly service: string;
  /** What its maker says of it; undefined where nobody says anything. */
  readonly state?: LoadBalancerState | undefined;
  /** Why it is in that state, in its maker's words. */
  readonly stateReason?: string | undefined;
  /** IP addresses or host names; a cloud may give the name while it is still provisioning. */
  readonly addresses: readonly string[];
  readonly listeners: readonly {
    readonly port: number;
    readonly targets: readonly LoadBalancerTarget[];
  }[];
}

/** The program that kubectl runs for tokens of a cluster whose users sign in with the cloud's identities. */
export interface ExecPlugin {
  readonly form: 'isthmus' | 'aws';
  /** Its path; found on the PATH when undefined. */
  readonly command?: string | undefined;
}

/** What of a cluster is out: its API server alone, or everything that runs in it. */
export type OutagePart = 'api-server' | 'cluster';

/** Lets a provider's clusters fail for a drill. Both converge when repeated. */
export interface ProviderOutages {
  /** Stop it at once, as a failure would; it stays so until `end`. */
  begin(context: ProviderContext, cluster: ClusterSpec, part: OutagePart): Promise<void>;
  /** Start whatever does not run; resolves when the API server answers and a node is Ready. */
  end(context: ProviderContext, cluster: ClusterSpec): Promise<void>;
}

/** Something that exists and should not, or no longer. */
export interface Leftover {
  readonly kind: string;
  readonly id: string;
  readonly cluster?: string | undefined;
  readonly detail?: string | undefined;
  /** The shell command by which somebody removes it, where one does. */
  readonly removedBy?: string | undefined;
}

export interface LogFile {
  readonly name: string;
  readonly content: string;
}

/**
 * Makes clusters and load-balancer addresses; everything else is above it. `ensure` and `remove`
 * converge: they may be called at any time, also after a crash in the middle of either.
 */
export interface ClusterProvider {
  readonly name: ProviderName;
  /** What this machine or account lacks, as IsthmusErrors; empty if nothing. Touches nothing. */
  missingRequirements(context: ProviderContext, clusters: readonly ClusterSpec[]): Promise<readonly Error[]>;
  capabilities(cluster: ClusterSpec): ClusterCapabilities;
  /** The proxy of a cluster, where that was decided when it was made and `capabilities` cannot know it. */
  proxyOf?(context: ProviderContext, cluster: ClusterSpec): Promise<ClusterCapabilities['proxy']>;
  plan(context: ProviderContext, clusters: readonly ClusterSpec[]): Promise<readonly ProviderChange[]>;
  /** Bring one cluster to life; resolves when its API server answers and a node is Ready. True if anything changed. */
  ensure(context: ProviderContext, cluster: ClusterSpec): Promise<boolean>;
  /**
   * Let the peers that exist by now reach this cluster's API server, where the file names them; called
   * once every cluster that can be made is there. True if anything changed.
   */
  admitPeers?(context: ProviderContext, cluster: ClusterSpec): Promise<boolean>;
  /** Do what could wait until the mesh is there, such as getting programs that only people run. */
  complete?(context: ProviderContext): Promise<void>;
  observe(context: ProviderContext, cluster: ClusterSpec): Promise<ClusterObservation>;
  /**
   * Throws CLUSTER_UNREACHABLE if there is no such cluster yet.
   * @param plugin for a kubeconfig that is written from it; without meaning where it holds certificates
   */
  connection(context: ProviderContext, cluster: ClusterSpec, plugin?: ExecPlugin): Promise<KubeConnection>;
  loadBalancers(context: ProviderContext, cluster: ClusterSpec): Promise<readonly LoadBalancer[]>;
  /**
   * Blocks of addresses that the cluster's pods, istiods and nodes send from, as its peers see them over
   * the internet or over connected networks. Empty while there is no such cluster.
   * Throws RANGES_UNKNOWN if nobody can know them.
   */
  sendsFrom(
    context: ProviderContext,
    cluster: ClusterSpec,
    over: 'internet' | 'private',
  ): Promise<readonly Cidr[]>;
  /** Undefined for a provider that cannot, or must not, let clusters fail. */
  readonly outages?: ProviderOutages | undefined;
  /** Logs and states of what the provider runs, for `bundle`; no secrets. */
  collectLogs(context: ProviderContext, cluster: ClusterSpec): Promise<readonly LogFile[]>;
  /** Templates that this provider deploys for a cluster, for `render`; paths relative to the output folder. */
  render?(
    context: ProviderContext,
    cluster: ClusterSpec,
  ): Promise<readonly { path: string; content: string }[]>;
  /** What `plan` tells besides changes, such as costs and needed permissions; needs no credentials. */
  notes?(context: ProviderContext): Promise<readonly string[]>;
  /** Names of clusters of this mesh that exist, wanted or not. */
  list(context: ProviderContext): Promise<readonly string[]>;
  /** Throws, before anything is touched, if a cluster is protected from its removal. */
  allowRemoval?(context: ProviderContext, cluster: string): Promise<void>;
  /** Remove a cluster by name, also one that the file no longer has; gone is success. */
  remove(context: ProviderContext, cluster: string): Promise<void>;
  /** What is left of this mesh; called after all removals, and also finds what no list knows. */
  audit(context: ProviderContext): Promise<readonly Leftover[]>;
}

/** One cluster of the mesh with everything that the mesh code, checks and drills need to act on it. */
export interface MeshCluster {
  readonly spec: ClusterSpec;
  readonly kube: KubeClient;
  readonly capabilities: ClusterCapabilities;
  /** Undefined where its provider cannot let it fail. */
  readonly outages?: ClusterOutages | undefined;
}

/** {@link ProviderOutages} of one cluster. */
export interface ClusterOutages {
  begin(part: OutagePart, signal: AbortSignal): Promise<void>;
  end(signal: AbortSignal): Promise<void>;
}
