import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureServices } from '../../../src/istio/index.ts';
import type { DestinationRule, KubeObject } from '../../../src/kubernetes/index.ts';
import type { MeshCluster } from '../../../src/provider/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { parseTopology, type Topology } from '../../../src/topology/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';
import type { ExecRequest } from '../../fakes/exec-door.ts';
import { internalGateways, plainLoadBalancers, quickly } from '../../fakes/gateways.ts';
import { istioKinds } from '../../fakes/kinds.ts';

const host = 'search.shop.svc.cluster.local';
const port = 5000;

function meshWith(services: string): Topology {
  const clusters = ['a', 'b'].map(
    (name, at) => `{name: ${name}, provider: local, cidr: 10.${at + 1}.0.0/16}`,
  );
  return parseTopology(
    `apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: demo}\nspec: {clusters: [${clusters.join(', ')}]${services}}`,
    'mesh.yaml',
  );
}
const splitBy = (by: string, weights: string) =>
  meshWith(`, services: [{host: search.shop, split: {by: ${by}, weights: {${weights}}}}]`);

const byCluster = splitBy('cluster', 'a: 90, b: 10');
const byVersion = splitBy('version', 'v1: 50, v2: 50');
const nothing = meshWith('');

/** Looks at a proxy before it has what its istiod was told, so that a gate has to wait. */
const slow = 1;

/**
 * The proxies of one cluster at their worst: what their istiod is told to take away a gateway forgets at
 * once, and a caller goes on using for a while; what is new a caller uses at once, and a gateway, or the
 * caller's own list of clusters, learns only after a while.
 */
class Proxies {
  readonly server: FakeApiServer;
  readonly cluster: MeshCluster;
  readonly #known = { gateway: new Map<string, number>(), caller: new Map<string, number>() };
  readonly #routed = new Map<string, number>();

  constructor(server: FakeApiServer, cluster: MeshCluster) {
    this.server = server;
    this.cluster = cluster;
    server.exec = (request) => ({ stdout: JSON.stringify(this.#look(request)) });
  }

  /** Subsets that this cluster's callers send requests to. */
  routed(): string[] {
    this.#follow();
    return [...this.#routed.keys()];
  }

  knows(proxy: 'gateway' | 'caller', subset: string): boolean {
    this.#follow();
    return (this.#known[proxy].get(subset) ?? 0) >= slow;
  }

  /** Bring what is fast up to date. */
  #follow(): void {
    const declared = this.#list('DestinationRule').flatMap((rule) =>
      ((rule as DestinationRule).spec?.subsets ?? []).map(({ name }) => name),
    );
    for (const known of Object.values(this.#known)) {
      for (const subset of known.keys()) if (!declared.includes(subset)) known.delete(subset);
      for (const subset of declared) if (!known.has(subset)) known.set(subset, 0);
    }
    for (const subset of this.#named()) this.#routed.set(subset, 0);
  }

  /** Subsets that the routes of this cluster's API server name. */
  #named(): string[] {
    const routes = JSON.stringify(this.#list('VirtualService'));
    return [...routes.matchAll(/"subset":"([^"]+)"/g)].map(([, subset = '']) => subset);
  }

  #list(kind: string): KubeObject[] {
    const found = this.server.store.find({
      kind: this.server.store.kindOf('networking.istio.io/v1', kind),
      namespace: 'shop',
      name: 'isthmus-search',
    });
    return found ? [found] : [];
  }

  #look({ pod, command }: ExecRequest): object {
    this.#follow();
    const path = command.at(-1) ?? '';
    const proxy = pod === 'gateway' ? 'gateway' : 'caller';
    const known = this.#known[proxy];
    const subsets = [...known].flatMap(([subset, looks]) => (looks >= slow ? [subset] : []));
    for (const [subset, looks] of known) known.set(subset, looks + 1);
    if (proxy === 'gateway') {
      const names = ['', ...subsets].map((subset) => `outbound_.${port}_.${subset}_.${host}`);
      const listener = { filter_chains: [{ filter_chain_match: { server_names: names } }] };
      return { configs: [{ active_state: { listener } }] };
    }
    if (path.includes('active_clusters'))
      return {
        configs: ['', ...subsets].map((one) => ({ cluster: { name: `outbound|${port}|${one}|${host}` } })),
      };
    if (!path.includes('route_configs')) return { configs: [] };
    const routes = [...this.#routed.keys()].map((subset) => `outbound|${port}|${subset}|${host}`);
    const named = this.#named();
    for (const [subset, looks] of this.#routed) {
      if (named.includes(subset)) continue;
      if (looks >= slow) this.#routed.delete(subset);
      else this.#routed.set(subset, looks + 1);
    }
    return { configs: routes };
  }
}

const pod = (namespace: string, name: string, labels: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, labels },
  spec: { containers: [{ name: 'istio-proxy' }] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});

let all: Proxies[] = [];
/** Requests that were, or would have been, sent to a subset that somebody on the way did not know. */
let reset: Set<string>;

beforeEach(async () => {
  reset = new Set();
  all = await Promise.all(
    byCluster.clusters.map(async (spec) => {
      const server = await FakeApiServer.start({ name: spec.name, kinds: istioKinds });
      server.put(
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
        pod('istio-ingress', 'gateway', { istio: 'eastwestgateway' }),
        pod('sample', 'caller', { app: 'sleep' }),
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { namespace: 'shop', name: 'search' },
          spec: { ports: [{ name: 'http', port }] },
        },
      );
      server.hold = async () => watch();
      const capabilities = {
        meteredLoadBalancers: false,
        loadBalancers: plainLoadBalancers,
        timeouts: quickly,
      } as unknown as MeshCluster['capabilities'];
      const kube = server.client(server.connection);
      return new Proxies(server, { spec: { ...spec, gateways: internalGateways }, kube, capabilities });
    }),
  );
});
afterEach(async () => {
  await Promise.all(all.map(({ server }) => server.close()));
});

/** Before every answer, and so after every change: does everybody know what is asked for? */
function watch(): void {
  for (const caller of all)
    for (const subset of caller.routed()) {
      if (!caller.knows('caller', subset)) reset.add(`${caller.cluster.spec.name} itself: ${subset}`);
      for (const gateway of all)
        if (!gateway.knows('gateway', subset))
          reset.add(`${caller.cluster.spec.name} → ${gateway.cluster.spec.name}: ${subset}`);
    }
}

const tell = (
  topology: Topology,
  more: { clusters?: readonly Proxies[]; unreachable?: readonly string[]; signal?: AbortSignal } = {},
) =>
  ensureServices({
    topology,
    clusters: (more.clusters ?? all).map(({ cluster }) => cluster),
    unreachable: more.unreachable,
    reporter: silentReporter,
    signal: more.signal ?? new AbortController().signal,
  });

const routesOf = ({ server }: Proxies) =>
  JSON.stringify(
    server.store.find({
      kind: server.store.kindOf('networking.istio.io/v1', 'VirtualService'),
      namespace: 'shop',
      name: 'isthmus-search',
    })?.['spec'] ?? {},
  );

const writesOf = () => all.flatMap(({ server }) => server.writes);

const steps: readonly [string, Topology, Topology][] = [
  ['a split that is new', nothing, byCluster],
  ['a split by something else', byCluster, byVersion],
  ['a split that is taken back', byVersion, nothing],
];

describe.each(steps)('%s', (_, before, after) => {
  beforeEach(async () => {
    await tell(before);
    expect([...reset]).toEqual([]);
    for (const { server } of all) server.writes.length = 0;
  });

  it('meets no gateway and no caller that does not know a subset', async () => {
    await tell(after);
    watch();
    expect([...reset]).toEqual([]);
    expect(writesOf().length).toBeGreaterThan(4);
    for (const { server } of all) server.writes.length = 0;
    await tell(after);
    expect(writesOf()).toEqual([]);
  });
});

/** One killed run for each write, on a machine that may do other things beside. */
const patience = 120_000;

it(
  'meets none either when it is killed before any of its writes, and goes on from there',
  async () => {
    await tell(byCluster);
    for (let survived = 0; ; survived += 1) {
      let left = survived;
      let killed = false;
      for (const { server } of all)
        server.refuse = () => {
          killed ||= left === 0;
          if (killed) throw new Error('killed');
          left -= 1;
        };
      await tell(byVersion).catch(() => {});
      for (const { server } of all) server.refuse = () => {};
      await tell(byVersion);
      watch();
      expect([...reset], `after ${survived} writes`).toEqual([]);
      if (!killed) break;
      await tell(byCluster);
      expect([...reset], `back again after ${survived} writes`).toEqual([]);
    }
  },
  patience,
);

describe('a gateway that never learns a subset', () => {
  it('keeps every cluster from routing to it', async () => {
    const [, other] = all;
    if (!other) throw new Error('two clusters');
    const usual = other.server.exec;
    other.server.exec = (request) =>
      request.pod === 'gateway' ? { stdout: JSON.stringify({ configs: [] }) } : usual(request);
    const interrupted = AbortSignal.timeout(3000);
    await expect(tell(byCluster, { signal: interrupted })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    watch();
    expect([...reset]).toEqual([]);
    expect(all.map(routesOf)).toEqual(['{}', '{}']);
  });
});

describe('a cluster of the mesh that cannot be reached', () => {
  it('keeps the others from routes that it may not know, and from taking subsets that it may still ask for', async () => {
    const reached = { clusters: all.slice(0, 1), unreachable: ['b'] };
    await tell(byCluster, reached);
    expect(all.map(routesOf)).toEqual(['{}', '{}']);
    await tell(byCluster);
    const told = all.map(routesOf);
    expect(told[0]).toContain('"subset":"b"');
    await tell(byVersion, reached);
    await tell(nothing, reached);
    watch();
    expect([...reset]).toEqual([]);
    await tell(byVersion);
    watch();
    expect([...reset]).toEqual([]);
    expect(all.map(routesOf)[0]).toContain('"subset":"v1"');
  });
});
