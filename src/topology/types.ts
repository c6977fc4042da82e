import type { Cidr, IpFamily } from './ip.ts';
import type { ServiceSpec } from './service-types.ts';

export type * from './service-types.ts';

/** How a cluster comes to be. */
export type ProviderName = 'local' | 'eks' | 'existing';

/** The whole of mesh.yaml after defaults; every cross-reference is valid. */
export interface Topology {
  /** `metadata.name`. */
  readonly name: string;
  /** The file it came from, or undefined for the built-in default. */
  readonly file: string | undefined;
  readonly meshID: string;
  readonly trustDomain: string;
  readonly istio: IstioSpec;
  readonly trust: TrustSpec;
  readonly samples: boolean;
  readonly clusters: readonly ClusterSpec[];
  readonly services: readonly ServiceSpec[];
  /** Namespaces that stay shared when a residency ends the sharing of every Service. */
  readonly sharedNamespaces: readonly string[];
}

/**
 * How istiods get into each other's API servers: by tokens that end by themselves, by tokens that end
 * with a Secret, or by the former wherever the API server grants most of what is asked.
 */
export type RemoteAccessMode = 'auto' | 'bounded' | 'secret';

/** `spec.istio`: which Istio, and how it is run. */
export interface IstioSpec {
  /** Exact version of charts and images, for instance `1.31.0`. */
  readonly version: string;
  /** Image registry and organisation; `docker.io/istio` by default. */
  readonly hub: string;
  /** Days that a remote secret's token is asked to live, and after which one without an end is replaced. */
  readonly remoteSecretDays: number;
  readonly remoteAccess: RemoteAccessMode;
  /** Replicas of istiod and of each gateway, per cluster. */
  readonly replicas: number;
  /** What workloads of the mesh take from each other: mutual TLS alone, or plain text too. */
  readonly mtls: 'strict' | 'permissive';
}

/** `spec.trust`: the mesh's root and the clusters' intermediates. */
export interface TrustSpec {
  /** Of the keys that isthmus makes. */
  readonly algorithm: 'ecdsa-p256' | 'rsa-2048' | 'rsa-4096';
  /** How long a root that isthmus makes is valid. */
  readonly rootYears: number;
  /** How long an intermediate is valid. */
  readonly intermediateDays: number;
  /** Where the root is; without it isthmus makes one and keeps its key outside the clusters. */
  readonly root?: RootSpec | undefined;
  /** SHA-256 of the mesh's root, lower-case hexadecimal: no other is ever taken. */
  readonly fingerprint?: string | undefined;
}

/** A root that isthmus does not keep. */
export type RootSpec = FileRootSpec | KmsRootSpec | PrivateCaRootSpec;

/** PEM files, paths relative to the mesh file. */
export interface FileRootSpec {
  readonly kind: 'files';
  readonly certificate: string;
  readonly key: string;
  /** Where the passphrase of an encrypted key is. */
  readonly passphraseFile: string | undefined;
}

/** A key in AWS KMS. */
export interface KmsRootSpec {
  readonly kind: 'kms';
  readonly arn: string;
  readonly region: string;
  readonly profile: string | undefined;
  /** PEM file of the key's certificate and its issuers; without it isthmus has the key sign a root of its own. */
  readonly certificate: string | undefined;
}

/** A CA in AWS Private CA. */
export interface PrivateCaRootSpec {
  readonly kind: 'privateCa';
  readonly arn: string;
  readonly region: string;
  readonly profile: string | undefined;
}

/** What clusters of every provider have. */
interface ClusterCommon {
  readonly name: string;
  /** Clusters of one network reach each other's pods; others go through gateways. */
  readonly network: string;
  /** Position in the file, from 0. */
  readonly index: number;
  /** IPv4 or IPv6 CIDR of the VPC; undefined for `existing` when not stated. */
  readonly cidr: Cidr | undefined;
  /** Of pods, Services and DNS. */
  readonly ipFamily: IpFamily;
  /**
   * Families in which proxies need to reach this cluster's gateways: its own first, then those of
   * every cluster on another network. Computed, not in the file.
   */
  readonly gatewayFamilies: readonly IpFamily[];
  readonly gateways: { readonly [name in GatewayName]: GatewaySpec };
}

/** The two gateways of every cluster. */
export type GatewayName = 'ingress' | 'eastWest';

/** Whether a load balancer has addresses of the network alone or of the internet. */
export type Exposure = 'internal' | 'internet-facing';

/** A block of addresses, or the word for those that the mesh's clusters send from. */
export type SourceRange = Cidr | 'peers';

/** One gateway's load balancer. */
export interface GatewaySpec {
  readonly exposure: Exposure;
  /** Who may reach the gateway; empty means any. */
  readonly sourceRanges: readonly SourceRange[];
  /** On its Service, besides those by which the provider does what `exposure` says. */
  readonly annotations: Readonly<Record<string, string>>;
  /** `spec.loadBalancerClass` of its Service; the provider's own if undefined. */
  readonly class: string | undefined;
  /** Whether its Service gets node ports; what the provider's load balancers need if undefined. */
  readonly nodePorts?: boolean | undefined;
}

/** A cluster on this machine, which isthmus makes and removes. */
export interface LocalClusterSpec extends ClusterCommon {
  readonly provider: 'local';
  readonly cidr: Cidr;
  /** Which images its proxies and istiod are of; decided when it is made where the file says nothing. */
  readonly proxy?: 'istio' | 'vanilla' | undefined;
}

/** Whose load balancers an existing cluster has. */
export type Cloud = 'aws' | 'gke' | 'aks';

/** A cluster that somebody else made and that isthmus never removes. */
export interface ExistingClusterSpec extends ClusterCommon {
  readonly provider: 'existing';
  /** By it `exposure` becomes that cloud's annotations; undefined where there is none. */
  readonly cloud: Cloud | undefined;
  /** Path of a kubeconfig; $KUBECONFIG or ~/.kube/config when undefined. */
  readonly kubeconfig: string | undefined;
  /** Of that kubeconfig. */
  readonly context: string;
  /** API server address that the other clusters use, when it differs from the kubeconfig's. */
  readonly apiServer: string | undefined;
  /** Namespace of its istiod; `istio-system` when undefined. */
  readonly istioNamespace?: string | undefined;
  /** May isthmus take over an Istio that it did not make? No, unless the file says so. */
  readonly adopt?: boolean | undefined;
  /** Label `topology.kubernetes.io/region` of its nodes; unknown when undefined. */
  readonly region?: string | undefined;
  /** `vanilla` for clusters whose Envoy lacks Istio's own filters; `istio` by default. */
  readonly proxy?: 'istio' | 'vanilla' | undefined;
  /** `small` for clusters that share a machine; `production` by default. */
  readonly size?: 'small' | 'production' | undefined;
}

/** A cluster in Amazon EKS, which isthmus makes and removes by CloudFormation. */
export interface EksClusterSpec extends ClusterCommon {
  readonly provider: 'eks';
  readonly region: string;
  /** 12 digits; another one is refused. Any when undefined. */
  readonly account: string | undefined;
  /** AWS profile; as the aws CLI finds credentials when undefined. */
  readonly profile: string | undefined;
  /** Names, such as `eu-west-1a`; empty for an existing VPC of which any zone will do. */
  readonly zones: readonly string[];
  /** Are they the file's? Else they are what the region's name suggests, and the account decides. */
  readonly zonesStated: boolean;
  /** One for the VPC, or one in each zone, so that the end of a zone ends no other's way out. */
  readonly natGateways: 'single' | 'per-zone';
  /** A minor, such as `1.35`. */
  readonly kubernetesVersion: string;
  /** What EKS does at the end of the version's standard support. */
  readonly upgradePolicy: 'STANDARD' | 'EXTENDED';
  /** ARN of the role that CloudFormation works with; undefined for the deployer's own rights. */
  readonly cloudFormationRole: string | undefined;
  /** ARN of the policy that bounds every role that is made. */
  readonly permissionsBoundary: string | undefined;
  /** A VPC that is there; one is made when undefined. */
  readonly vpcId: string | undefined;
  /** Private subnets of that VPC for control plane and nodes; chosen by tags and routes if empty. */
  readonly subnetIds: readonly string[];
  /** From where the API server is reached. */
  readonly endpoint: {
    readonly public: boolean;
    readonly private: boolean;
    /** Who may use the public one. */
    readonly publicCidrs: readonly SourceRange[];
  };
  /** ARNs of roles and users that may do everything in the cluster, besides who makes it. */
  readonly adminPrincipals: readonly string[];
  /** Of the control plane's logs. */
  readonly logRetentionDays: number;
  /** Of the stacks; `down` refuses such a cluster. */
  readonly terminationProtection: boolean;
  /** On everything that is made, besides those of isthmus. */
  readonly tags: Readonly<Record<string, string>>;
}

/** A cluster of the file, told apart by `provider`. */
export type ClusterSpec = LocalClusterSpec | ExistingClusterSpec | EksClusterSpec;
