import { IsthmusError } from '../errors/index.ts';
import type { KubeClient, KubeObject } from '../kubernetes/index.ts';
import type { LoadBalancerSettings } from '../provider/index.ts';
import {
  type Cloud,
  type ExistingClusterSpec,
  type Exposure,
  type GatewayName,
  placeInFile,
  type Topology,
} from '../topology/index.ts';

/**
 * Annotations that make a load balancer of a cloud internal or internet-facing, whichever of its
 * controllers is at work. AWS: kubernetes.io/docs/concepts/services-networking/service for the one in
 * the tree, kubernetes-sigs.github.io/aws-load-balancer-controller for the other, which is also Auto
 * Mode's; GKE: cloud.google.com/kubernetes-engine/docs/how-to/internal-load-balancing; AKS:
 * learn.microsoft.com/azure/aks/internal-lb.
 */
const annotationsOf: Readonly<Record<Cloud, (exposure: Exposure) => Record<string, string>>> = {
  aws: (exposure) => ({
    'service.beta.kubernetes.io/aws-load-balancer-scheme': exposure,
    'service.beta.kubernetes.io/aws-load-balancer-internal': String(exposure === 'internal'),
  }),
  gke: (exposure) => ({
    'networking.gke.io/load-balancer-type': exposure === 'internal' ? 'Internal' : 'External',
  }),
  aks: (exposure) => ({
    'service.beta.kubernetes.io/azure-load-balancer-internal': String(exposure === 'internal'),
  }),
};

/** Beginnings of a node's `spec.providerID`, which each cloud's own controller writes. */
const clouds: readonly (readonly [RegExp, Cloud])[] = [
  [/^aws:/, 'aws'],
  [/^gce:/, 'gke'],
  [/^azure:/, 'aks'],
];

/** What a gateway's Service needs so that the cluster's cloud does what `exposure` says. */
export function loadBalancerOf(
  { cloud, gateways }: ExistingClusterSpec,
  gateway: GatewayName,
): LoadBalancerSettings {
  const annotations = cloud ? annotationsOf[cloud](gateways[gateway].exposure) : {};
  return { annotations, podTargets: false, statedHealthCheck: false, deregistrationSeconds: cloud ? 60 : 10 };
}

export interface ExposureCheck {
  readonly topology: Topology;
  readonly spec: ExistingClusterSpec;
  readonly client: KubeClient;
  readonly signal: AbortSignal;
}

/**
 * Throws MESH_FILE_INVALID where the cluster's nodes are of a cloud that the file does not name: without
 * its annotations the gateways would be open to the internet, whatever `exposure` says.
 */
export async function requireCloud({ topology, spec, client, signal }: ExposureCheck): Promise<void> {
  const nodes = await client.list('v1', 'Node', { signal });
  const found = nodes.map(cloudOf).find((cloud) => cloud !== undefined);
  if (found === undefined || found === spec.cloud) return;
  const stated = spec.cloud === undefined ? 'names no cloud' : `says cloud: ${spec.cloud}`;
  const where = await placeInFile(topology, ['spec', 'clusters', spec.index, 'cloud']);
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${spec.name}: its nodes are ${found}'s, but the file ${stated}, so that nothing would do what its gateways' exposure says`,
    { ...(where ? { where } : {}), hint: `add \`cloud: ${found}\` to the cluster` },
  );
}

function cloudOf(node: KubeObject): Cloud | undefined {
  const { providerID = '' } = (node['spec'] as { providerID?: string } | undefined) ?? {};
  return clouds.find(([pattern]) => pattern.test(providerID))?.[1];
}
