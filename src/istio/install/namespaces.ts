import type { KubeObject } from '../../kubernetes/index.ts';
import type { ClusterCapabilities } from '../../provider/index.ts';
import { type ClusterSpec, istioNamespaceOf } from '../../topology/index.ts';
import { INGRESS_NAMESPACE, NETWORK_LABEL, SAMPLE_NAMESPACE } from '../names.ts';

export const namespaceObject = (name: string, labels: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});

/** istiod takes its cluster's network from this label. */
export const systemNamespace = (spec: ClusterSpec) =>
  namespaceObject(istioNamespaceOf(spec), { [NETWORK_LABEL]: spec.network });

/** With what keeps a gateway from being Ready before its load balancer sends to it. */
export const ingressNamespace = (spec: ClusterSpec, { loadBalancers }: ClusterCapabilities) =>
  namespaceObject(INGRESS_NAMESPACE, {
    [NETWORK_LABEL]: spec.network,
    ...loadBalancers.ingress.readinessGate,
    ...loadBalancers.eastWest.readinessGate,
  });

export const sampleNamespace = () => namespaceObject(SAMPLE_NAMESPACE, { 'istio-injection': 'enabled' });

/** What `down` recognises as ours. */
export function managed(object: KubeObject): KubeObject {
  const labels = { ...object.metadata?.labels, 'app.kubernetes.io/managed-by': 'isthmus' };
  return { ...object, metadata: { ...object.metadata, labels } };
}
