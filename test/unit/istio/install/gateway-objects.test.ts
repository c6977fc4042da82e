import { describe, expect, it } from 'vitest';
import { gatewayObjects } from '../../../../src/istio/install/gateway-objects.ts';
import { ingressNamespace } from '../../../../src/istio/install/namespaces.ts';
import { cloudCapabilities, clusterSpec, localCapabilities, topologyOf } from '../fixtures.ts';
import { gateway } from './charted.ts';

const topology = topologyOf(['eks-1', 'eks-2']);

describe('gatewayObjects', () => {
  it('lets a gateway serve until its load balancer has let go of it, then drain, and be killed after both', async () => {
    const container = { name: 'istio-proxy', image: 'p' };
    const templated = {
      selector: {},
      template: { metadata: { labels: {} }, spec: { containers: [container] } },
    };
    const [gatewayOf] = gatewayObjects([gateway('Deployment', 'istio-eastwestgateway', templated)], {
      topology,
      spec: clusterSpec('eks-1', 0),
      capabilities: cloudCapabilities,
    });
    const made = gatewayOf as unknown as { spec: { template: { metadata: object; spec: object } } };
    const { metadata, spec } = made.spec.template;
    expect(metadata).toMatchObject({
      annotations: { 'proxy.istio.io/config': '{"terminationDrainDuration":"20s"}' },
    });
    expect(spec).toMatchObject({
      terminationGracePeriodSeconds: 90,
      containers: [{ ...container, lifecycle: { preStop: { sleep: { seconds: 60 } } } }],
    });
    const [byZone, byNode] = (spec as { topologySpreadConstraints: { topologyKey: string }[] })
      .topologySpreadConstraints;
    expect([byZone?.topologyKey, byNode?.topologyKey]).toEqual([
      'topology.kubernetes.io/zone',
      'kubernetes.io/hostname',
    ]);
  });

  it('gives gateways no node ports where targets are pods, unless the file wants them', () => {
    const serviceOf = (nodePorts?: boolean) => {
      const plan = clusterSpec('eks-1', 0);
      const ingress = { ...plan.gateways.ingress, nodePorts };
      const [service] = gatewayObjects([gateway('Service', 'istio-ingressgateway', {})], {
        topology,
        spec: { ...plan, gateways: { ...plan.gateways, ingress } },
        capabilities: cloudCapabilities,
      });
      return service?.['spec'];
    };
    expect(serviceOf()).toMatchObject({ allocateLoadBalancerNodePorts: false });
    expect(serviceOf(true)).not.toHaveProperty('allocateLoadBalancerNodePorts');
  });
});

describe('ingressNamespace', () => {
  it('has the namespace of gateways labelled for the load balancer’s readiness gate', () => {
    const { metadata } = ingressNamespace(clusterSpec('eks-1', 0), cloudCapabilities);
    expect(metadata?.labels).toMatchObject({ 'example.org/gate': 'enabled' });
    expect(ingressNamespace(clusterSpec('eks-1', 0), localCapabilities).metadata?.labels).toEqual({
      'topology.istio.io/network': 'network1',
    });
  });
});
