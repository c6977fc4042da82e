/** Policies that Auto Mode asks of the cluster's role: control plane, nodes, volumes, load balancers, networking. */
export const clusterPolicies = [
  'AmazonEKSClusterPolicy',
  'AmazonEKSComputePolicy',
  'AmazonEKSBlockStoragePolicy',
  'AmazonEKSLoadBalancingPolicy',
  'AmazonEKSNetworkingPolicy',
] as const;

/** Policies that Auto Mode asks of the nodes' role: join the cluster, pull images. */
export const nodePolicies = [
  'AmazonEKSWorkerNodeMinimalPolicy',
  'AmazonEC2ContainerRegistryPullOnly',
] as const;
