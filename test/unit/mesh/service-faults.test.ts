import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IsthmusError } from '../../../src/errors/index.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { upMesh } from '../../../src/mesh/index.ts';
import { serviceNotes } from '../../../src/mesh/plan/service-notes.ts';
import { Session } from '../../../src/mesh/session/session.ts';
import type { ClusterProvider } from '../../../src/provider/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { loadTopology } from '../../../src/topology/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';
import { plainLoadBalancers, quickly } from '../../fakes/gateways.ts';
import { istioKinds } from '../../fakes/kinds.ts';

const names = ['eks-1', 'eks-2'];
let servers: Record<string, FakeApiServer>;
/** Names of clusters that exist. */
let there: string[];
let file = '';

beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'service-faults-')), 'mesh.yaml');
  there = [...names];
  const started = names.map(async (name) => [name, await FakeApiServer.start({ name, kinds: istioKinds })]);
  servers = Object.fromEntries(await Promise.all(started));
  for (const name of names) put(name, namespace('shop'), namespace('web'), gateway('*.local'));
});
afterEach(async () => {
  await Promise.all(Object.values(servers).map((server) => server.close()));
});

const put = (cluster: string, ...objects: KubeObject[]) => servers[cluster]?.put(...objects);

const namespace = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'istio-injection': 'enabled' } },
});

const gateway = (...hosts: string[]): KubeObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { namespace: 'istio-ingress', name: 'cross-network-gateway' },
  spec: { servers: [{ hosts }] },
});

const service = (name: string, home = 'shop'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: home, name },
  spec: { ports: [{ port: 80 }] },
});

const endpoints = (name: string): KubeObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'shop', name: `${name}-x`, labels: { 'kubernetes.io/service-name': name } },
  endpoints: [{ addresses: ['10.1.0.9'] }],
});

const pod = (home: string, account: string, container = 'istio-proxy'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: home, name: `${account}-1` },
  spec: { serviceAccountName: account, containers: [{ name: container }] },
  status: { phase: 'Running' },
});

const policy = (...principals: string[]): KubeObject => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { namespace: 'shop', name: 'isthmus-orders-access' },
  spec: { rules: [{ from: [{ source: { principals } }] }] },
});

async function operation(services: string) {
  const clusters = names.map(
    (name, at) => `    - {name: ${name}, provider: local, cidr: 10.${at + 1}.0.0/16}\n`,
  );
  const head =
    'apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: demo}\nspec:\n  samples: false\n  clusters:\n';
  await writeFile(file, `${head}${clusters.join('')}  services:\n${services}`);
  const local = async () =>
    ({
      name: 'local',
      missingRequirements: async () => [],
      capabilities: () => ({ timeouts: quickly, loadBalancers: plainLoadBalancers }),
      list: async () => there,
      connection: async (_: unknown, { name }: { name: string }) => servers[name]?.connection,
      ensure: async () => {
        throw new IsthmusError('NODE_FAILED', 'it went on to its clusters');
      },
    }) as unknown as ClusterProvider;
  const signal = new AbortController().signal;
  return { topology: await loadTopology(file), reporter: silentReporter, signal, providers: { local } };
}

/** What `up` does first. */
async function up(services: string) {
  const error = await upMesh({ ...(await operation(services)), skipChecks: true }).catch(
    (one: unknown) => one,
  );
  if (!(error instanceof IsthmusError)) throw error;
  if (error.code === 'MESH_FILE_INVALID')
    expect(Object.values(servers).flatMap(({ writes }) => writes)).toEqual([]);
  return error;
}

async function notes(services: string): Promise<string[]> {
  const session = new Session(await operation(services));
  const clusters = await Promise.all(session.topology.clusters.map((spec) => session.cluster(spec)));
  return serviceNotes(session, { clusters, unreachable: [] });
}

const wentOn = { message: expect.stringContaining('clusters failed') };

describe('up, before it writes anything', () => {
  it.each(['failover: [eks-1, eks-2]', 'split: {by: cluster, weights: {eks-1: 50, eks-2: 50}}'])(
    'refuses %s for a host that the callers of a cluster do not know, with its place',
    async (wish) => {
      const wishes = `    - {host: other.shop}\n    - {host: catalog.shop, ${wish}}\n`;
      put('eks-1', service('catalog'));
      const error = await up(wishes);
      expect(error).toMatchObject({
        code: 'MESH_FILE_INVALID',
        where: { file, line: 11 },
        hint: 'create the same Service in eks-2; it needs no pods there',
        problems: [
          {
            message:
              'eks-2 has no Service shop/catalog, so its callers cannot resolve catalog.shop, which is in eks-1',
            where: { file, line: 11 },
          },
        ],
      });
      expect(await notes(wishes)).toEqual([
        `up refuses: ${file}:11: ${error.problems[0]?.message}; ${error.hint}`,
      ]);
      put('eks-2', service('catalog'));
      expect(await up(wishes)).toMatchObject(wentOn);
    },
  );

  it('refuses a residency that leaves no endpoint, with its place', async () => {
    const wishes = '    - {host: ledger.shop, residency: [eks-1]}\n';
    put('eks-2', service('ledger'), endpoints('ledger'));
    expect(await up(wishes)).toMatchObject({
      code: 'MESH_FILE_INVALID',
      problems: [
        {
          message: 'ledger.shop has endpoints in eks-2 only, and in eks-1 it would have none',
          where: { file, line: 10 },
        },
      ],
    });
    put('eks-1', service('ledger'), endpoints('ledger'));
    expect(await up(wishes)).toMatchObject(wentOn);
  });

  it('goes on where nobody has the Service yet, where a cluster is yet to come, and where nobody can tell', async () => {
    const catalog = '    - {host: catalog.shop, failover: [eks-1, eks-2]}\n';
    expect(await up(catalog)).toMatchObject(wentOn);
    put('eks-1', service('catalog'), service('ledger'), endpoints('ledger'));
    there = ['eks-1'];
    expect(await up(catalog)).toMatchObject(wentOn);
    there = names;
    const [, other] = Object.values(servers);
    if (other) other.mode = 'forbidding';
    expect(await up(`${catalog}    - {host: ledger.shop, residency: [eks-2]}\n`)).toMatchObject(wentOn);
  });

  it('leaves what is in place already to the checks', async () => {
    const kind = 'DestinationRule';
    const rule = {
      apiVersion: 'networking.istio.io/v1',
      kind,
      metadata: { namespace: 'shop', name: 'isthmus-catalog' },
    };
    put('eks-1', service('catalog'), rule);
    expect(await up('    - {host: catalog.shop, failover: [eks-1, eks-2]}\n')).toMatchObject(wentOn);
  });
});

describe('plan', () => {
  it('names what stops being shared by a residency, and what is shared again without it', async () => {
    for (const name of names)
      put(name, service('ledger'), service('cart'), service('front', 'web'), service('dns', 'kube-system'));
    put('eks-1', service('extra', 'web'));
    const residency = '    - {host: ledger.shop, residency: [eks-1]}\n';
    const said = (cluster: string, services: string) =>
      `${cluster}: gateways will let requests of other networks through no more to ${services}; what shall stay shared is an entry of spec.services, or its namespace one of spec.sharedNamespaces`;
    expect(await notes(residency)).toEqual([
      said('eks-1', 'cart.shop, extra.web, front.web, ledger.shop'),
      said('eks-2', 'cart.shop, front.web, ledger.shop'),
    ]);
    expect(await notes(`${residency}    - {host: cart.shop}\n    - {host: front.web}\n`)).toEqual([
      said('eks-1, eks-2', 'ledger.shop'),
    ]);
    for (const name of names) put(name, gateway('cart.shop.svc.cluster.local'));
    expect(await notes('    - {host: cart.shop}\n')).toEqual([
      'eks-1: gateways will let requests of other networks through to extra.web, front.web, ledger.shop',
      'eks-2: gateways will let requests of other networks through to front.web, ledger.shop',
    ]);
  });

  it('names whom access begins to refuse, and nobody whom it refused before', async () => {
    put('eks-1', pod('web', 'checkout'), pod('web', 'guest'), pod('tools', 'plain', 'main'));
    put('eks-2', pod('ops', 'robot'));
    const access = '    - {host: orders.shop, access: [{namespace: web, serviceAccount: checkout}]}\n';
    const said = (refused: string) =>
      `orders.shop: access will refuse ${refused}, which may call it now; name them in its access to let them in`;
    expect(await notes(access)).toEqual([said('ops/robot, web/guest')]);
    for (const name of names) put(name, policy('cluster.local/ns/web/*'));
    expect(await notes(access)).toEqual([said('web/guest')]);
    for (const name of names) put(name, policy('cluster.local/ns/web/sa/checkout'));
    expect(await notes(access)).toEqual([]);
    for (const name of names) put(name, policy());
    expect(await notes(access)).toEqual([]);
  });
});
