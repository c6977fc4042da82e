import { containersOf, type Node, type Pod } from '../kubernetes/index.ts';

/** Versions of one cluster: Kubernetes, nodes, and how many containers run each image of Istio. */
export function versionFacts(kubernetes: string, nodes: readonly Node[], pods: readonly Pod[]): object {
  return {
    kubernetes,
    istiod: imagesOf(pods, 'discovery'),
    proxies: imagesOf(pods, 'istio-proxy'),
    nodes: nodes.map(({ metadata, status }) => ({
      name: metadata?.name,
      region: metadata?.labels?.['topology.kubernetes.io/region'],
      zone: metadata?.labels?.['topology.kubernetes.io/zone'],
      instanceType: metadata?.labels?.['node.kubernetes.io/instance-type'],
      kubelet: status?.nodeInfo?.['kubeletVersion'],
      runtime: status?.nodeInfo?.['containerRuntimeVersion'],
      system: status?.nodeInfo?.['osImage'],
      kernel: status?.nodeInfo?.['kernelVersion'],
      architecture: status?.nodeInfo?.['architecture'],
      capacity: status?.capacity,
    })),
  };
}

function imagesOf(pods: readonly Pod[], container: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name, image = 'unknown' } of pods.flatMap(containersOf))
    if (name === container) counts[image] = (counts[image] ?? 0) + 1;
  return counts;
}
