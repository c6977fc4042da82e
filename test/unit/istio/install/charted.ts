/** An object of a gateway as the charts make it. */
export const gateway = (kind: string, name: string, spec: object) => ({
  apiVersion: kind === 'Service' ? 'v1' : 'apps/v1',
  kind,
  metadata: {
    name,
    namespace: 'istio-ingress',
    labels: { 'operator.istio.io/component': 'IngressGateways' },
  },
  spec,
});
export const deployment = {
  selector: { matchLabels: { app: 'g' } },
  template: { metadata: { labels: { app: 'g' } }, spec: {} },
};
/** What the charts make, as far as the stages tell objects apart. */
export const charted = [
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gateways.networking.istio.io' },
  },
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'istiod', namespace: 'istio-system' } },
  gateway('Service', 'istio-ingressgateway', { type: 'LoadBalancer' }),
  gateway('Service', 'istio-eastwestgateway', { type: 'LoadBalancer' }),
  gateway('Deployment', 'istio-ingressgateway', deployment),
  gateway('Deployment', 'istio-eastwestgateway', deployment),
];
