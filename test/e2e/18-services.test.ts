import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanReport } from '../../src/report/index.ts';
import { images } from '../../src/toolchain/index.ts';
import { Bed, complaints, localMesh, problemsOf } from './bed.ts';

const bed = new Bed('services');
const clusters = ['eks-1', 'eks-2'] as const;
type Cluster = (typeof clusters)[number];

const split = `    - host: search.shop
      selector: {app: shop}
      split: {by: version, weights: {v1: 80, v2: 20}, match: [{headers: {x-user: {exact: beta}}, to: v2}]}
`;
const residency = '    - {host: ledger.vault, residency: [eks-1]}\n';
const wishes = `  services:
    - {host: catalog.shop, failover: [eks-1, eks-2]}
    - {host: news.shop, split: {by: cluster, weights: {eks-1: 70, eks-2: 30}}}
    - {host: orders.shop, access: [{namespace: web, serviceAccount: checkout}]}
`;
const fileWith = (services: string) => localMesh('services', 2) + services;

/** Pods answer as v1 in eks-1 and as v2 in eks-2, so that an answer tells where it came from. */
const versionOf = (cluster: Cluster): 'v1' | 'v2' => (cluster === 'eks-1' ? 'v1' : 'v2');

const named = (namespace: string, name: string) => ({ metadata: { namespace, name } });

const service = (namespace: string, name: string, app = name) => ({
  apiVersion: 'v1',
  kind: 'Service',
  ...named(namespace, name),
  spec: { selector: { app }, ports: [{ name: 'http', port: 5000 }] },
});

function deployment(namespace: string, name: string, { labels, container }: Pods) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    ...named(namespace, name),
    spec: {
      selector: { matchLabels: { deployment: name } },
      template: {
        metadata: {
          labels: { ...labels, deployment: name },
          annotations: { 'proxy.istio.io/config': '{"holdApplicationUntilProxyStarts": true}' },
        },
        spec: {
          serviceAccountName: namespace === 'web' ? name : 'default',
          terminationGracePeriodSeconds: 5,
          containers: [{ imagePullPolicy: 'IfNotPresent', ...container }],
        },
      },
    },
  };
}

interface Pods {
  readonly labels: Record<string, string>;
  readonly container: object;
}

/** A pod that answers. */
function server(namespace: string, app: string, cluster: Cluster) {
  const version = versionOf(cluster);
  const container = {
    name: 'helloworld',
    image: images.helloworld[0],
    env: [{ name: 'SERVICE_VERSION', value: version }],
    readinessProbe: { httpGet: { path: '/health', port: 5000 }, periodSeconds: 2 },
    lifecycle: { preStop: { sleep: { seconds: 3 } } },
  };
  return deployment(namespace, app, { labels: { app, version }, container });
}

const asking = { name: 'sleep', image: images.curl, command: ['/bin/sleep', 'infinity'] };

/** A pod that asks, by an account of its own. */
const caller = (name: string) => [
  { apiVersion: 'v1', kind: 'ServiceAccount', ...named('web', name) },
  deployment('web', name, { labels: { app: name }, container: asking }),
];

/** Behind catalog, and deaf: its proxy answers 503 to every request. */
const deaf = deployment('shop', 'deaf', { labels: { app: 'catalog', version: 'v2' }, container: asking });

const web = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'web', labels: { 'istio-injection': 'enabled' } },
};

const workloads = (cluster: Cluster) => [
  web,
  service('shop', 'catalog'),
  service('shop', 'news', 'shop'),
  service('shop', 'search', 'shop'),
  service('shop', 'orders'),
  service('vault', 'ledger'),
  server('shop', 'catalog', cluster),
  server('shop', 'shop', cluster),
  ...(cluster === 'eks-1' ? [server('vault', 'ledger', cluster)] : [server('shop', 'orders', cluster)]),
  ...['checkout', ...(cluster === 'eks-1' ? ['guest'] : [])].flatMap(caller),
];

async function apply(cluster: Cluster, objects: readonly object[]): Promise<void> {
  const file = join(bed.folder, `${cluster}.json`);
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  await bed.ok(cluster, ['apply', '-f', file]);
}

async function ready(cluster: Cluster, namespace: string, name: string): Promise<void> {
  await bed.ok(cluster, ['-n', namespace, 'rollout', 'status', `deployment/${name}`, '--timeout=150s']);
}

const scale = (cluster: Cluster, name: string, replicas: number) =>
  bed.ok(cluster, ['-n', 'shop', 'scale', `deployment/${name}`, `--replicas=${replicas}`]);

interface Asked {
  /** Namespace and Deployment of who asks. */
  readonly as?: readonly [namespace: string, name: string];
  readonly count?: number;
  /** Further arguments of curl. */
  readonly more?: readonly string[];
}

/** How many requests ended how: by the version that answered, or by their status and first words. */
async function ask(cluster: Cluster, host: string, { as, count = 20, more = [] }: Asked = {}) {
  const [namespace, name] = as ?? ['web', 'checkout'];
  const url = `http://${host}:5000/hello?[1-${count}]`;
  const format = '\u001e%{http_code}\u001e';
  const command = ['curl', '-sS', '--max-time', '5', '-w', format, ...more, url];
  const { stdout, stderr } = await bed.kubectl(cluster, [
    '-n',
    namespace,
    'exec',
    `deploy/${name}`,
    '-c',
    'sleep',
    '--',
    ...command,
  ]);
  const answers: Record<string, number> = {};
  const parts = stdout.split('\u001e');
  if (parts.length < 2) throw new Error(`nothing was asked in ${cluster}: ${stderr}`);
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [body = '', code = ''] = parts.slice(at, at + 2);
    const version = /version: (\S+),/.exec(body)?.[1];
    const key = code === '200' && version ? version : `${code} ${body.trim().slice(0, 20)}`.trim();
    answers[key] = (answers[key] ?? 0) + 1;
  }
  return answers;
}

const settles = (look: () => Promise<unknown>, timeout = 60_000) =>
  expect.poll(look, { timeout, interval: 1000 });

async function plan(): Promise<PlanReport> {
  const ran = await bed.isthmus(['plan', '-o', 'json']);
  if (!ran.stdout.startsWith('{')) throw new Error(`plan printed no report: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as PlanReport;
}

const linesOf = ({ clusters: plans }: PlanReport): string[] =>
  plans.flatMap(({ cluster, changes }) => changes.map(({ action, what }) => `${cluster}: ${action} ${what}`));

/** Everything that isthmus made for services, in one cluster. */
const made = (cluster: Cluster) =>
  bed.ok(cluster, [
    'get',
    'destinationrules,virtualservices,authorizationpolicies,peerauthentications',
    '-A',
    '-l',
    'app.kubernetes.io/managed-by=isthmus',
    '-o',
    'jsonpath={range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name}{"\\n"}{end}',
  ]);

const sharedHosts = (cluster: Cluster) =>
  bed.ok(cluster, [
    '-n',
    'istio-ingress',
    'get',
    'gateways.networking.istio.io',
    'cross-network-gateway',
    '-o',
    'jsonpath={.spec.servers[0].hosts}',
  ]);

beforeAll(async () => {
  await bed.write(fileWith(wishes + split + residency));
  // Namespaces and policies are there before the first pod.
  const up = await bed.isthmus(['up', '--no-check']);
  if (up.exitCode !== 0) throw new Error(`the bed did not come up: ${up.stderr}`);
  await bed.isthmus(['contexts']);
  await Promise.all(clusters.map((cluster) => apply(cluster, workloads(cluster))));
  await Promise.all(
    clusters.flatMap((cluster) =>
      workloads(cluster)
        .filter(({ kind }) => kind === 'Deployment')
        .map(({ metadata }) => ready(cluster, (metadata as { namespace: string }).namespace, metadata.name)),
    ),
  );
});
afterAll(() => bed.isthmus(['down']));

describe('a mesh that is told what is wanted of services', () => {
  it('is as the file says, by every check', async () => {
    const report = await bed.check([], ['--wait', '90']);
    expect(complaints(report)).toEqual([]);
    const intents = ['failover', 'split', 'access', 'residency'];
    const passed = report.results.filter(
      ({ id, outcome }) => intents.includes(id) && outcome.status === 'pass',
    );
    expect(passed.map(({ id }) => id).sort()).toEqual([...intents].sort());
    expect(linesOf(await plan())).toEqual([]);
  });

  it('shares requests out by version and by cluster, and sends a header where it belongs', async () => {
    for (const cluster of clusters) {
      const byVersion = await ask(cluster, 'search.shop', { count: 300 });
      expect((byVersion['v1'] ?? 0) + (byVersion['v2'] ?? 0), JSON.stringify(byVersion)).toBe(300);
      // 20 %, by five standard deviations.
      expect(byVersion['v2']).toBeGreaterThan(24);
      expect(byVersion['v2']).toBeLessThan(96);
      const beta = await ask(cluster, 'search.shop', { more: ['-H', 'x-user: beta'] });
      expect(beta).toEqual({ v2: 20 });
      const byCluster = await ask(cluster, 'news.shop', { count: 300 });
      expect((byCluster['v1'] ?? 0) + (byCluster['v2'] ?? 0), JSON.stringify(byCluster)).toBe(300);
      expect(byCluster['v2']).toBeGreaterThan(50);
      expect(byCluster['v2']).toBeLessThan(130);
    }
  });

  it('lets in who may call, from any cluster, and nobody else', async () => {
    const denied = { '403 RBAC: access denied': 20 };
    expect(await ask('eks-1', 'orders.shop')).toEqual({ v2: 20 });
    expect(await ask('eks-2', 'orders.shop')).toEqual({ v2: 20 });
    expect(await ask('eks-1', 'orders.shop', { as: ['web', 'guest'] })).toEqual(denied);
    expect(await ask('eks-2', 'orders.shop', { as: ['sample', 'sleep'] })).toEqual(denied);
  });

  it('keeps a service in its cluster: callers elsewhere are refused, and no gateway lets it through', async () => {
    expect(await ask('eks-1', 'ledger.vault')).toEqual({ v1: 20 });
    expect(await ask('eks-2', 'ledger.vault')).toEqual({ '503 no healthy upstream': 20 });
    for (const cluster of clusters) {
      const hosts = await sharedHosts(cluster);
      expect(hosts).toContain('*.shop.svc.cluster.local');
      expect(hosts).not.toMatch(/vault|"\*\.local"/);
    }
  });

  it('answers from the own cluster, from the other one without its pods, and from the own one again', async () => {
    expect(await ask('eks-1', 'catalog.shop')).toEqual({ v1: 20 });
    expect(await ask('eks-2', 'catalog.shop')).toEqual({ v2: 20 });
    await scale('eks-1', 'catalog', 0);
    await settles(() => ask('eks-1', 'catalog.shop', { count: 40 })).toEqual({ v2: 40 });
    await scale('eks-1', 'catalog', 1);
    await ready('eks-1', 'shop', 'catalog');
    await settles(() => ask('eks-1', 'catalog.shop', { count: 40 })).toEqual({ v1: 40 });
  });

  it('does not give a cluster up for one bad pod of it when it is the last', async () => {
    await scale('eks-1', 'catalog', 0);
    await apply('eks-2', [deaf]);
    await ready('eks-2', 'shop', 'deaf');
    await settles(() => ask('eks-1', 'catalog.shop', { count: 40 })).toEqual({ v2: 40 });
    // POST is not repeated. The good pod refuses the method itself, the bad one's proxy answers 503.
    const more = ['-X', 'POST', '--parallel', '--parallel-max', '20'];
    const answers = await ask('eks-1', 'catalog.shop', { count: 400, more });
    const said = JSON.stringify(answers);
    const sum = (begin: RegExp) =>
      Object.entries(answers).reduce((all, [key, times]) => all + (begin.test(key) ? times : 0), 0);
    expect(sum(/^503 upstream connect/), said).toBeGreaterThan(5);
    expect(sum(/^405/), said).toBeGreaterThan(100);
    expect(sum(/no healthy/), said).toBe(0);
    await bed.ok('eks-2', ['-n', 'shop', 'delete', 'deployment', 'deaf']);
    await scale('eks-1', 'catalog', 1);
    await ready('eks-1', 'shop', 'catalog');
  });
});

describe('what somebody changed by hand in one primary', () => {
  const found = (results: Awaited<ReturnType<Bed['check']>>['results']) =>
    results
      .flatMap(({ outcome }) => problemsOf(outcome))
      .map(({ cluster, object, message }) => `${cluster}: ${object}: ${message}`);
  const rule = 'DestinationRule shop/isthmus-catalog';
  const policy = 'AuthorizationPolicy shop/isthmus-orders-access';

  it('is found by name, shown by plan, and mended by up', async () => {
    const patch = JSON.stringify({ spec: { trafficPolicy: { outlierDetection: { interval: '77s' } } } });
    await bed.ok('eks-2', [
      '-n',
      'shop',
      'patch',
      'destinationrule',
      'isthmus-catalog',
      '--type=merge',
      '-p',
      patch,
    ]);
    await bed.ok('eks-1', ['-n', 'shop', 'delete', 'authorizationpolicy', 'isthmus-orders-access']);
    const report = await bed.check(['failover', 'access']);
    expect(report.exitCode).toBe(1);
    expect(found(report.results)).toEqual(
      expect.arrayContaining([
        `eks-2: ${rule}: says something else than the file`,
        `eks-1: ${policy}: is not there, though the file wants it`,
      ]),
    );
    const doctor = await bed.isthmus(['doctor', '--all']);
    expect(doctor.stdout).toContain(rule);
    expect(doctor.stdout).toContain(policy);
    expect(linesOf(await plan()).sort()).toEqual([`eks-1: create ${policy}`, `eks-2: update ${rule}`]);
    const up = await bed.isthmus(['up', '--no-check']);
    expect(up.exitCode, up.stderr).toBe(0);
    expect(complaints(await bed.check(['failover', 'access']))).toEqual([]);
  });
});

describe('what clusters cannot give', () => {
  it('is refused with its line, before anything is written', async () => {
    const lonely = `    - {host: lonely.shop, failover: [eks-1, eks-2]}\n`;
    await apply('eks-1', [service('shop', 'lonely')]);
    await bed.write(fileWith(wishes + split + residency + lonely));
    const up = await bed.isthmus(['up', '--no-check']);
    expect(up.exitCode).toBe(2);
    const line = (await bed.read()).trimEnd().split('\n').length;
    expect(up.stderr).toMatch(new RegExp(`mesh\\.yaml:${line}:.*eks-2 has no Service shop/lonely`, 's'));
    expect(await made('eks-1')).not.toContain('lonely');
    await bed.ok('eks-1', ['-n', 'shop', 'delete', 'service', 'lonely']);
  });
});

describe('what the file no longer wants', () => {
  it('is taken out of every primary, and what it kept back is shared again', async () => {
    const before = await made('eks-1');
    expect(before).toContain('VirtualService shop/isthmus-search');
    expect(before).toContain('PeerAuthentication vault/isthmus-ledger');
    await bed.write(fileWith(wishes));
    const report = await plan();
    expect(report.notes.join('\n')).toContain(
      'eks-1, eks-2: gateways will let requests of other networks through to ledger.vault',
    );
    for (const cluster of clusters)
      expect(linesOf(report)).toEqual(
        expect.arrayContaining([
          `${cluster}: remove DestinationRule shop/isthmus-search`,
          `${cluster}: remove VirtualService shop/isthmus-search`,
          `${cluster}: remove PeerAuthentication vault/isthmus-ledger`,
          `${cluster}: update Gateway istio-ingress/cross-network-gateway`,
        ]),
      );
    const up = await bed.isthmus(['up', '--no-check']);
    expect(up.exitCode, up.stderr).toBe(0);
    for (const cluster of clusters) {
      expect(await made(cluster)).not.toMatch(/search|ledger/);
      expect(await made(cluster)).toContain('VirtualService shop/isthmus-news');
      expect(await sharedHosts(cluster)).toBe('["*.local"]');
    }
    await settles(() => ask('eks-2', 'ledger.vault')).toEqual({ v1: 20 });
    expect(complaints(await bed.check([], ['--wait', '60']))).toEqual([]);
  });
});
