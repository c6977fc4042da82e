import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { removeCluster } from '../../../src/mesh/removal/remove-cluster.ts';
import { Session } from '../../../src/mesh/session/session.ts';
import type { ClusterProvider } from '../../../src/provider/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { connectionTo } from '../../fakes/api-server/connection.ts';
import { FakeMesh } from '../../fakes/mesh.ts';

/** What is waited for comes at once, but the machine may have other things to do. */
const patience = { timeout: 60_000 };

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.empty();
});
afterEach(() => mesh.close());

const gateways = ['istio-eastwestgateway', 'istio-ingressgateway'];

test('all load balancers of a cluster go at the same time', async () => {
  const { server, cluster } = mesh.member('eks-1');
  const finalizers = ['service.kubernetes.io/load-balancer-cleanup'];
  const annotations = { 'isthmus.io/created-by': 'isthmus' };
  const labels = { 'app.kubernetes.io/managed-by': 'isthmus' };
  for (const name of gateways)
    server.put({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'istio-ingress', name, labels, annotations, finalizers },
      spec: { type: 'LoadBalancer' },
    });
  const connection = () => connectionTo(server.port, 'eks-1');
  const provider = {
    name: 'existing',
    connection,
    capabilities: () => cluster.capabilities,
    loadBalancers: async () => [],
    remove: async () => {},
  } as Partial<ClusterProvider> as ClusterProvider;
  const { signal } = new AbortController();
  const providers = { existing: async () => provider };
  const session = new Session({ topology: mesh.topology, reporter: silentReporter, signal, providers });
  const removing = removeCluster(session, provider, 'eks-1');
  const deletions = () => server.seen.filter(({ method }) => method === 'DELETE').map(({ url }) => url);
  // The cloud has let go of neither yet.
  await vi.waitFor(() => expect(deletions()).toHaveLength(2), patience);
  for (const name of gateways)
    await cluster.kube.patch(
      { apiVersion: 'v1', kind: 'Service', namespace: 'istio-ingress', name },
      { metadata: { finalizers: null } },
    );
  expect(await removing).toMatchObject({ name: 'eks-1' });
}, 60_000);
