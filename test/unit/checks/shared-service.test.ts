import { describe, expect, it, onTestFinished } from 'vitest';
import type { CheckContext } from '../../../src/checks/engine/check-context.ts';
import { notProven } from '../../../src/checks/facts/sample-service.ts';
import { findSharedService } from '../../../src/checks/facts/shared-service.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import type { MeshCluster } from '../../../src/provider/index.ts';
import type { Topology } from '../../../src/topology/index.ts';
import { checkTable } from '../../../src/ui/views/check-table.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';
import { clusterSpec } from '../istio/fixtures.ts';

const service = (name: string, spec: object = {}, namespace = 'shop'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace, name },
  spec: { selector: { app: name }, ports: [{ port: 8080 }], ...spec },
});

const pod = (app: string, { sidecar = true, ready = true, namespace = 'shop' } = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name: `${app}-1`, labels: { app } },
  spec: { containers: [{ name: app }, ...(sidecar ? [{ name: 'istio-proxy' }] : [])] },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});

const namespaceWith = (distribution: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', annotations: { 'networking.istio.io/traffic-distribution': distribution } },
});

const keeping = (host: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'istio-system', name: 'istio' },
  data: { mesh: JSON.stringify({ serviceSettings: [{ settings: { clusterLocal: true }, hosts: [host] }] }) },
});

async function found(...perCluster: readonly (readonly KubeObject[])[]) {
  const clusters = await Promise.all(
    perCluster.map(async (objects, at) => {
      const server = await FakeApiServer.start({ name: `c${at}` });
      onTestFinished(() => server.close());
      server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }, ...objects);
      return { kube: server.client(), spec: clusterSpec(`c${at}`, at) } as unknown as MeshCluster;
    }),
  );
  const signal = new AbortController().signal;
  return findSharedService({ clusters, signal } as unknown as CheckContext);
}

describe('a service in place of the samples', () => {
  const cart = [service('cart'), pod('cart')];

  it('is in every cluster and answered by sidecars in two', async () => {
    const ref = { namespace: 'shop', name: 'cart', port: 8080 };
    expect(await found(cart, cart)).toEqual(ref);
    expect(await found(cart, cart, [service('cart')])).toEqual(ref);
    const other = keeping('*.other.svc.cluster.local');
    expect(await found([...cart, other], [...cart, other])).toEqual(ref);
  });

  it.each<[string, KubeObject[]]>([
    ['missing elsewhere', []],
    ['without pods elsewhere', [service('cart')]],
    ['without sidecars elsewhere', [service('cart'), pod('cart', { sidecar: false })]],
    ['not ready elsewhere', [service('cart'), pod('cart', { ready: false })]],
    ['headless elsewhere', [service('cart', { clusterIP: 'None' }), pod('cart')]],
    ['given by distance elsewhere', [service('cart', { trafficDistribution: 'PreferClose' }), pod('cart')]],
    ['given by distance in its namespace elsewhere', [...cart, namespaceWith('PreferClose')]],
    ['kept in its cluster elsewhere', [...cart, keeping('*.shop.svc.cluster.local')]],
    ['kept on its node elsewhere', [service('cart', { internalTrafficPolicy: 'Local' }), pod('cart')]],
  ])('is none that is %s', async (_name, other) => {
    expect(await found(cart, other)).toBeUndefined();
  });

  it('is none of Istio’s or Kubernetes’ own', async () => {
    const own = [service('x', {}, 'istio-system'), pod('x', { namespace: 'istio-system' })];
    expect(await found(own, own)).toBeUndefined();
  });
});

describe('what could not be looked at', () => {
  const clusters = [
    { name: 'cluster1', provider: 'existing', context: 'east' },
    { name: 'cluster2', provider: 'existing', context: 'west' },
  ];
  const topology = { file: undefined, clusters } as unknown as Topology;

  it('is told in full below the table, once for all clusters, with the command that proves it', () => {
    const outcome = notProven({ topology, withoutFile: true }, 'no request was sent');
    const result = { id: 'traffic', title: 't', outcome, durationMs: 0, docs: 'd' };
    const subjects = ['cluster1', 'cluster2'].map((subject) => ({ ...result, subject }));
    const text = checkTable(subjects, { color: false, width: 100 }).replaceAll(/\s+/g, ' ');
    expect(text).toContain('skip traffic (cluster1), traffic (cluster2) not proven: no request was sent');
    expect(text.match(/for c in east west; do kubectl --context \$c create namespace sample/g)).toHaveLength(
      1,
    );
  });
});
