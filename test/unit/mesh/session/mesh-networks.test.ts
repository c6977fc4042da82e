import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { doctorMesh, MeshView } from '../../../../src/mesh/index.ts';
import type { CheckResult } from '../../../../src/report/index.ts';
import { silentReporter } from '../../../../src/report/index.ts';
import { FakeMesh } from '../../../fakes/mesh.ts';

let mesh: FakeMesh;
let folder: string;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
  folder = await mkdtemp(join(tmpdir(), 'isthmus-networks-'));
  const entries = mesh.members.map(({ server, cluster }) => ({
    name: cluster.spec.name,
    address: server.connection.config.cluster.server,
  }));
  const kubeconfig = {
    clusters: entries.map(({ name, address }) => ({ name, cluster: { server: address } })),
    users: [{ name: 'user', user: { token: 'planted-token' } }],
    contexts: entries.map(({ name }) => ({ name, context: { cluster: name, user: 'user' } })),
  };
  await writeFile(join(folder, 'config'), JSON.stringify(kubeconfig));
});
afterEach(async () => {
  await mesh.close();
  await rm(folder, { recursive: true });
});

const options = () => ({
  contexts: mesh.members.map(({ cluster }) => cluster.spec.name),
  kubeconfig: join(folder, 'config'),
  signal: new AbortController().signal,
});

/** Nothing has the network label; networks and gateways are those of the mesh configuration alone. */
function byMeshNetworks(): void {
  const name = 'istio-eastwestgateway.istio-ingress.svc.cluster.local';
  const networks = Object.fromEntries(
    mesh.members.map(({ cluster }) => [
      `net-${cluster.spec.name}`,
      {
        endpoints: [{ fromRegistry: cluster.spec.name }],
        gateways: [{ registryServiceName: name, port: 15443 }],
      },
    ]),
  );
  for (const { server } of mesh.members) {
    const merge = (
      kind: [string, string],
      [namespace, object]: [string | undefined, string],
      patch: object,
    ) =>
      server.store.merge({ kind: server.store.kindOf(...kind), namespace, name: object }, patch, {
        manager: 'test',
        dryRun: false,
      });
    const bare = { metadata: { labels: { 'topology.istio.io/network': null } } };
    merge(['v1', 'Namespace'], [undefined, 'istio-system'], bare);
    merge(['v1', 'Service'], ['istio-ingress', 'istio-eastwestgateway'], bare);
    merge(['v1', 'ConfigMap'], ['istio-system', 'istio'], {
      data: { meshNetworks: JSON.stringify({ networks }) },
    });
    server.put({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        namespace: 'istio-ingress',
        name: 'gateway-x',
        labels: { 'kubernetes.io/service-name': 'istio-eastwestgateway' },
      },
      ports: [{ name: 'tls', port: 15443 }],
      endpoints: [{ addresses: ['10.1.0.11'], conditions: { ready: true } }],
    });
    for (const pod of server.store.list(server.store.kindOf('v1', 'Pod'), undefined))
      merge(['v1', 'Pod'], [pod.metadata?.namespace, pod.metadata?.name ?? ''], {
        ...bare,
        spec: {
          containers: (pod['spec'] as { containers: { name: string }[] }).containers.map((one) =>
            one.name === 'istio-proxy'
              ? { ...one, env: [{ name: 'ISTIO_META_NETWORK', value: `net-${server.name}` }] }
              : one,
          ),
        },
      });
  }
}

it('doctor finds a mesh whose networks only the mesh configuration has', async () => {
  byMeshNetworks();
  const results = await doctorMesh({
    ...options(),
    topology: undefined,
    all: true,
    reporter: silentReporter,
  });
  const of = (...ids: string[]) => results.filter(({ id }) => ids.includes(id));
  const told = (one: CheckResult) => `${one.id} ${one.subject} ${one.outcome.status}`;
  expect(of('credentials').map(({ outcome }) => outcome)).toMatchObject([
    { detail: expect.stringContaining('network net-eks-1') },
    { detail: expect.stringContaining('network net-eks-2') },
  ]);
  expect(of('gateways', 'networks', 'lb', 'reach', 'sync', 'traffic').map(told)).toEqual([
    'networks eks-1 pass',
    'networks eks-2 pass',
    'gateways eks-1 pass',
    'gateways eks-2 pass',
    'lb eks-1 pass',
    'lb eks-2 pass',
    'reach eks-1 → eks-2 pass',
    'reach eks-2 → eks-1 pass',
    'sync eks-1 pass',
    'sync eks-2 pass',
    'traffic eks-1 pass',
    'traffic eks-2 pass',
  ]);
  expect(of('config-parity').map(told)).toEqual(['config-parity undefined pass']);
});

it('the view of endpoints judges none of such a mesh', async () => {
  const view = async () => {
    const open = await MeshView.open({ ...options(), topology: undefined });
    const { signal } = options();
    for (const name of ['eks-1', 'eks-2']) await open.endpoints(name, signal);
    return open.endpoints('eks-1', signal);
  };
  expect((await view()).notes).toEqual([]);
  byMeshNetworks();
  const { notes, services } = await view();
  expect(notes).toEqual([expect.stringContaining('meshNetworks')]);
  expect(new Set(services.map(({ state }) => state))).toEqual(new Set(['not-compared']));
});
