import { describe, expect, it } from 'vitest';
import { differences, subsetFindings } from '../../../src/checks/config/config-parity.ts';
import { sharedMonitoring } from '../../../src/checks/config/local-services.ts';
import { portFindings } from '../../../src/checks/config/service-ports.ts';
import { missingServices } from '../../../src/checks/config/services.ts';
import { unevenServices } from '../../../src/checks/config/weights.ts';
import { closingPolicies } from '../../../src/checks/gateways/gateway-policy.ts';
import { networkProblems, untold } from '../../../src/checks/gateways/networks.ts';
import { autoProblems } from '../../../src/checks/istiod/injection.ts';
import { memoryProblems } from '../../../src/checks/istiod/parts/istiod-memory.ts';
import { ruleProblems } from '../../../src/checks/services/failover.ts';
import { clusterLocalOf } from '../../../src/istio/index.ts';
import { clusterSpec } from '../istio/fixtures.ts';
import { deployment } from './objects.ts';

const messages = (problems: readonly { object?: string | undefined; message: string }[]): string[] =>
  problems.map(({ object, message }) => `${object} ${message}`);

describe('drift', () => {
  const rule = (host: string, ...subsets: string[]) => ({
    kind: 'DestinationRule',
    object: {
      metadata: { namespace: 'shop', name: 'cart' },
      spec: { host, subsets: subsets.map((name) => ({ name })) },
    },
  });
  const observations = (one: object[], other: object[]) =>
    [
      { cluster: 'a', objects: one },
      { cluster: 'b', objects: other },
    ] as Parameters<typeof differences>[0];

  it('says nothing of equal configuration', () => {
    const equal = observations([rule('cart', 'v1')], [rule('cart', 'v1')]);
    expect(differences(equal)).toEqual([]);
    expect(subsetFindings(equal).failures).toEqual([]);
  });

  it('names what is in one cluster only, and what differs', () => {
    expect(messages(differences(observations([], [rule('cart')])))).toEqual([
      'DestinationRule shop/cart is only in b, not in a',
    ]);
    expect(messages(differences(observations([rule('cart')], [rule('other')])))).toEqual([
      'DestinationRule shop/cart differs from the one in b',
    ]);
  });

  it('fails for a subset that one side lacks, whatever way the host is written', () => {
    const long = rule('cart.shop.svc.cluster.local', 'v1');
    expect(subsetFindings(observations([rule('cart', 'v1')], [long])).failures).toEqual([]);
    expect(messages(subsetFindings(observations([rule('cart', 'v1', 'v2')], [long])).failures)).toEqual([
      'DestinationRule shop/cart subset v2 of cart.shop.svc.cluster.local is not declared in b',
    ]);
  });
});

describe('failover', () => {
  const rule = (maxEjectionPercent: number, localityLbSetting?: object, consecutive5xxErrors = 1) => ({
    metadata: { namespace: 'shop', name: 'cart' },
    spec: {
      trafficPolicy: {
        outlierDetection: { maxEjectionPercent, consecutive5xxErrors },
        loadBalancer: localityLbSetting ? { localityLbSetting } : {},
      },
    },
  });

  it('warns of full ejection only where a gateway has one address', () => {
    expect(ruleProblems('a', rule(100, {}), [])).toEqual([]);
    expect(ruleProblems('a', rule(50, {}), ['b'])).toEqual([]);
    expect(ruleProblems('a', rule(100, {}), ['b'])[0]?.message).toContain('eject all of b');
    expect(ruleProblems('a', rule(100, {}, 2), ['b'])[0]?.message).toContain('2 bad answers can eject');
    expect(ruleProblems('a', rule(100, {}, 3), ['b'])).toEqual([]);
  });

  it('warns of locality that nobody asked for', () =>
    expect(ruleProblems('a', rule(50), [])[0]?.message).toContain('turns locality failover on'));
});

describe('gateway-policy', () => {
  const labels = { istio: 'eastwestgateway', app: 'istio-eastwestgateway' };
  const scope = { workloads: [{ namespace: 'istio-ingress', labels }], roots: ['istio-system'] };
  const policy = (spec: object, namespace = 'istio-system') => ({ metadata: { namespace, name: 'p' }, spec });

  it.each([
    ['allow-nothing in the root namespace', [policy({})], 1],
    ['deny-everything at the gateway', [policy({ action: 'DENY', rules: [{}] }, 'istio-ingress')], 1],
    ['allow-nothing beside an allowing one', [policy({}), policy({ rules: [{}] }, 'istio-ingress')], 0],
    ['allow-nothing for workloads', [policy({ selector: { matchLabels: { app: 'cart' } } })], 0],
    ['allow-nothing elsewhere', [policy({}, 'shop')], 0],
  ])('%s', (_, policies, count) => expect(closingPolicies('a', policies, scope)).toHaveLength(count));

  it('looks where the gateway really is, by its own labels', () => {
    const elsewhere = [{ namespace: 'edge', labels: { app: 'crossing' } }];
    const closes = (one: ReturnType<typeof policy>) =>
      closingPolicies('a', [one], { workloads: elsewhere, roots: ['istio-config'] }).length;
    const selecting = (app: string) => ({ selector: { matchLabels: { app } } });
    expect(closes(policy(selecting('crossing'), 'edge'))).toBe(1);
    expect(closes(policy(selecting('other'), 'edge'))).toBe(0);
    expect(closes(policy({}, 'istio-config'))).toBe(1);
    expect(closes(policy({}, 'istio-ingress'))).toBe(0);
  });
});

describe('services', () => {
  const observation = (cluster: string, services: string[], more = {}) => ({
    cluster,
    network: `network-${cluster}`,
    injected: new Set(['shop']),
    services: new Set(services),
    headless: new Set<string>(),
    proxiesDns: false,
    callers: [],
    ...more,
  });

  it('names the cluster whose pods cannot resolve a Service', () =>
    expect(missingServices([observation('a', ['shop/cart']), observation('b', [])])).toMatchObject([
      { cluster: 'b', object: 'Service shop/cart' },
    ]));

  it('is silent where sidecars answer DNS, and of namespaces that are not shared', () => {
    const owner = observation('a', ['shop/cart']);
    expect(missingServices([owner, observation('b', [], { proxiesDns: true })])).toEqual([]);
    expect(missingServices([owner, observation('b', [], { injected: new Set() })])).toEqual([]);
  });
});

describe('service-ports', () => {
  const copy = (cluster: string, ...ports: [name: string, port: number][]) => ({
    cluster,
    network: 'network1',
    key: 'shop/cart',
    kind: 'ClusterIP' as const,
    ports: ports.map(([name, port]) => ({ name, port })),
    ready: 1,
  });
  const all = (...copies: ReturnType<typeof copy>[]) => portFindings(copies);

  it('is silent where ports agree, in whatever order', () =>
    expect(all(copy('a', ['http', 80], ['grpc', 90]), copy('b', ['grpc', 90], ['http', 80]))).toEqual({
      failures: [],
      warnings: [],
    }));

  it('fails where a port has another name, and names both lists and who gets no pods', () => {
    const { failures, warnings } = all(copy('a', ['http', 80]), copy('b', ['http-web', 80]));
    expect(warnings).toEqual([]);
    expect(failures).toMatchObject([
      {
        cluster: 'b',
        object: 'Service shop/cart',
        message: 'has the ports http-web:80, in a it has http:80',
        cause: expect.stringContaining('requests from a get no pod of b'),
      },
    ]);
  });

  it('takes no name for a name of its own, as istiod does', () =>
    expect(all(copy('a', ['http', 80]), copy('b', ['', 80])).failures).toMatchObject([
      { message: 'has the ports (no name):80, in a it has http:80' },
    ]));

  it('warns where the number alone differs, or one copy has a port more', () => {
    expect(all(copy('a', ['http', 80]), copy('b', ['http', 8080]))).toMatchObject({
      failures: [],
      warnings: [{ cluster: 'b', cause: expect.stringContaining('numbers of their own cluster') }],
    });
    expect(all(copy('a', ['http', 80]), copy('b', ['http', 80], ['metrics', 9090]))).toMatchObject({
      failures: [],
      warnings: [{ cluster: 'b' }],
    });
  });

  it('fails where the number differs between networks, whose gateways are asked for the caller’s', () => {
    const far = { ...copy('b', ['http', 8080]), network: 'network2' };
    expect(all(copy('a', ['http', 80]), far)).toMatchObject({
      failures: [
        { cluster: 'b', cause: expect.stringContaining('the gateway of the other cluster refuses') },
      ],
      warnings: [],
    });
    const more = { ...copy('b', ['http', 80], ['metrics', 9090]), network: 'network2' };
    expect(all(copy('a', ['http', 80]), more).failures).toEqual([]);
  });

  it('blames the one that differs from most', () =>
    expect(
      all(copy('a', ['web', 80]), copy('b', ['http', 80]), copy('c', ['http', 80])).failures,
    ).toMatchObject([{ cluster: 'a' }]));
});

describe('local-services', () => {
  const observation = (cluster: string, clusterLocal: string[] = []) => ({
    cluster,
    services: ['tools/prometheus-server', 'tools/cart'],
    clusterLocal: [
      {
        revision: 'default',
        settings: clusterLocalOf({
          serviceSettings: [{ settings: { clusterLocal: true }, hosts: clusterLocal }],
        }),
      },
    ],
  });

  it('names shared monitoring in every cluster that does not keep it local', () =>
    expect(
      sharedMonitoring([observation('a', ['*.tools.svc.cluster.local']), observation('b')]).map(
        ({ cluster, object }) => `${cluster} ${object}`,
      ),
    ).toEqual(['b Service tools/prometheus-server']));
});

describe('networks and injection', () => {
  const pod = (image: string, network: string) => ({
    metadata: { namespace: 'shop', name: 'cart' },
    spec: {
      containers: [{ name: 'istio-proxy', image, env: [{ name: 'ISTIO_META_NETWORK', value: network }] }],
    },
  });
  const own = { name: 'a', network: 'network1' };

  it('tells a proxy of another network', () => {
    expect(networkProblems(own, pod('proxy', 'network1'))).toEqual([]);
    expect(networkProblems(own, pod('proxy', 'network9'))[0]?.message).toContain('network network9');
  });

  it('tells proxies of no network, all at once', () => {
    const silent = pod('proxy', '');
    expect(untold(own, [pod('proxy', 'network1')])).toEqual([]);
    expect(messages(untold(own, [silent]))).toEqual([
      'Pod shop/cart says no network, the cluster is in network1',
    ]);
    expect(messages(untold(own, [silent, silent, pod('proxy', 'network1')]))[0]).toContain('and 1 more say');
  });

  it('tells a pod that was never injected', () => {
    expect(autoProblems('a', [pod('proxy', '')])).toEqual([]);
    expect(messages(autoProblems('a', [pod('auto', '')]))[0]).toContain('Pod shop/cart has the image "auto"');
  });
});

describe('weights', () => {
  it('counts the pods of the first zone by name, as istiod sorts them', () => {
    const localities = ['us/b', 'us/b', 'us/a', 'us/b'];
    expect(messages(unevenServices('a', [{ service: 'shop/cart', localities }]))).toEqual([
      'Service shop/cart clients in other networks count 1 of its 4 pods, those of us/a',
    ]);
  });

  it('says nothing of pods in one zone, in none, or of a Service without pods', () => {
    const services = [['us/a', 'us/a'], ['', ''], []].map((localities) => ({ service: 's/s', localities }));
    expect(unevenServices('a', services)).toEqual([]);
  });
});

describe('memory of istiod', () => {
  const limited = (memory: string | undefined) => {
    const containers = [{ name: 'discovery', resources: { limits: memory ? { memory } : null } }];
    return deployment({ spec: { template: { spec: { containers } } } });
  };
  const holding = (mib: number) => [{ pod: 'istiod-1', bytes: mib * 2 ** 20 }];

  it('warns near the limit and names both', () => {
    expect(messages(memoryProblems(clusterSpec('a', 0), [limited('512Mi')], holding(470)))).toEqual([
      'Pod istio-system/istiod-1 holds 470 MiB of the 512 MiB that it may',
    ]);
  });

  it.each(['1.9e9', '1Ti', '1Pi', '2e3k'])('reads or names the limit %s', (limit) => {
    const found = messages(memoryProblems(clusterSpec('a', 0), [limited(limit)], holding(1800)));
    const expected = { '1.9e9': 'of the 1812 MiB', '2e3k': 'limit 2e3k, which is no quantity' }[limit];
    expect(found.join()).toContain(expected ?? '');
    expect(found).toHaveLength(expected ? 1 : 0);
  });

  it('says nothing far from it or without one', () => {
    expect(memoryProblems(clusterSpec('a', 0), [limited('1Gi')], holding(470))).toEqual([]);
    expect(memoryProblems(clusterSpec('a', 0), [limited(undefined)], holding(9000))).toEqual([]);
  });
});
