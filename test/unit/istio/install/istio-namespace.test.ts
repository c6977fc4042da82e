import { describe, expect, it } from 'vitest';
import { gatewayObjects } from '../../../../src/istio/install/gateway-objects.ts';
import { systemNamespace } from '../../../../src/istio/install/namespaces.ts';
import { operatorFor } from '../../../../src/istio/install/operator.ts';
import { peerMeshConfigs, peerNamespaces } from '../../../../src/istio/install/peer-namespaces.ts';
import type { KubeObject } from '../../../../src/kubernetes/index.ts';
import type { ClusterSpec } from '../../../../src/topology/index.ts';
import { topologyOf } from '../../../fakes/mesh/topology.ts';
import { localCapabilities } from '../fixtures.ts';
import { deployment, gateway } from './charted.ts';

const topology = {
  ...topologyOf(['eks-1', { name: 'eks-2', istioNamespace: 'mesh-system' }, 'eks-3']),
  trustDomain: 'corp.example',
};
const planOf = (at: number) => ({
  topology,
  spec: topology.clusters[at] as ClusterSpec,
  capabilities: localCapabilities,
});
const named = ({ kind, metadata }: KubeObject) => `${kind} ${metadata?.namespace ?? ''}/${metadata?.name}`;

describe('a cluster whose Istio is in a namespace of its own choosing', () => {
  it('asks the charts for it, and others ask for nothing new', () => {
    expect(operatorFor(planOf(1))).toMatchObject({
      spec: { namespace: 'mesh-system', values: { global: { istioNamespace: 'mesh-system' } } },
    });
    expect(JSON.stringify(operatorFor(planOf(0)))).not.toMatch(
      /istioNamespace|"namespace":"(?!istio-ingress)/,
    );
  });

  it('has gateways that ask its istiod, and others the usual one', () => {
    const proxyConfig = (at: number) =>
      JSON.stringify(
        gatewayObjects([gateway('Deployment', 'istio-eastwestgateway', deployment)], planOf(at))[0],
      );
    expect(proxyConfig(1)).toContain('istiod.mesh-system.svc:15012');
    expect(proxyConfig(0)).not.toContain('15012');
  });

  it('has there what holds for the whole mesh', () => {
    expect(gatewayObjects([], planOf(1)).map(named)).toEqual([
      'Gateway istio-ingress/cross-network-gateway',
      'PeerAuthentication mesh-system/default',
      'EnvoyFilter mesh-system/isthmus-http-connections',
      'DestinationRule mesh-system/isthmus-http-connections',
    ]);
    expect(systemNamespace(planOf(1).spec).metadata?.name).toBe('mesh-system');
  });
});

describe('its peers', () => {
  it('have what its istiod looks for in its own namespace: their network and trust domain', () => {
    expect(peerNamespaces(planOf(0))).toMatchObject([
      { metadata: { name: 'mesh-system', labels: { 'topology.istio.io/network': 'network1' } } },
    ]);
    const [config, role, binding] = peerMeshConfigs(planOf(0));
    expect(config).toMatchObject({
      metadata: { name: 'istio', namespace: 'mesh-system' },
      data: { mesh: 'trustDomain: corp.example\n' },
    });
    expect(role).toMatchObject({
      metadata: { namespace: 'mesh-system' },
      rules: [{ resources: ['configmaps'], resourceNames: ['istio'] }],
    });
    expect(binding).toMatchObject({
      metadata: { namespace: 'mesh-system' },
      subjects: [{ name: 'istio-reader-service-account', namespace: 'istio-system' }],
    });
  });

  it('are looked at by theirs in the usual namespace, once for all of them', () => {
    expect(peerNamespaces(planOf(1)).map(named)).toEqual(['Namespace /istio-system']);
    expect(peerMeshConfigs(planOf(1)).map(named)).toEqual([
      'ConfigMap istio-system/istio',
      'Role istio-system/istio-reader-mesh-config',
      'RoleBinding istio-system/istio-reader-mesh-config',
    ]);
  });

  it('need nothing more where all are in one namespace', () => {
    const plan = { ...planOf(0), topology: topologyOf(['eks-1', 'eks-2']) };
    expect([...peerNamespaces(plan), ...peerMeshConfigs(plan)]).toEqual([]);
  });
});
