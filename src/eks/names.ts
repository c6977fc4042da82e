import type { ClusterSpec } from '../topology/index.ts';

/** Tag keys that everything made for a cluster bears. */
export const meshTag = 'isthmus.io/mesh';
export const clusterTag = 'isthmus.io/cluster';

/** Tag keys by which Kubernetes controllers mark what they make for a cluster; the value is its EKS name. */
export const controllerTags = [
  'eks:eks-cluster-name',
  'elbv2.k8s.aws/cluster',
  'cluster.k8s.amazonaws.com/name',
] as const;

/** How Kubernetes' own code for AWS marks a load balancer, besides `kubernetes.io/cluster/NAME`: with its Service. */
export const inTreeServiceTag = 'kubernetes.io/service-name';

/** Each tag, alone, by which a controller says that a thing is for this EKS cluster. */
export const clusterTagsOf = (eksName: string): { Key: string; Values?: string[] }[] => [
  ...controllerTags.map((Key) => ({ Key, Values: [eksName] })),
  { Key: `kubernetes.io/cluster/${eksName}` },
];

/** Beginning of the names of a mesh's stacks. */
export const stackPrefix = (mesh: string): string => `isthmus-${mesh}-`;

/** Name of a cluster's stack, which is also the name of its EKS cluster. */
export const stackName = (mesh: string, cluster: string): string => `${stackPrefix(mesh)}${cluster}`;

/** Log group that EKS writes a cluster's control-plane logs to; EKS chooses the name. */
export const logGroupName = (eksName: string): string => `/aws/eks/${eksName}/cluster`;

/** Tags of everything in a cluster's stack: the file's, then those that find it again. */
export function tagsOf(mesh: string, cluster: ClusterSpec & { provider: 'eks' }): Record<string, string> {
  return { ...cluster.tags, [meshTag]: mesh, [clusterTag]: cluster.name };
}
