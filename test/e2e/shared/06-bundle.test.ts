import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedBed } from '../bed.ts';

const bed = sharedBed();
const clusters = ['eks-1', 'eks-2'];

/** What a bundle of either form must hold of each cluster; `*` stands for names of pods. */
const perCluster = [
  'versions.json',
  'secrets.json',
  'load-balancers.json',
  ...['Namespace', 'Node', 'Pod', 'Service', 'EndpointSlice', 'Deployment', 'Event'].map(
    (kind) => `objects/${kind}.yaml`,
  ),
  'objects/MutatingWebhookConfiguration.yaml',
  'config/networking.istio.io/Gateway.yaml',
  'configmaps/istio-system.yaml',
  'configmaps/istio-ca-root-cert.yaml',
  'configmaps/kube-system.yaml',
  ...[
    'version.txt',
    'metrics.txt',
    ...['clusterz', 'syncz', 'registryz', 'endpointShardz', 'configz', 'mesh', 'push_status', 'inject'].map(
      (page) => `${page}.json`,
    ),
  ].map((page) => `istiod/istio-system/istiod-*/${page}`),
  ...[
    'istio-ingress/istio-eastwestgateway-*',
    'istio-ingress/istio-ingressgateway-*',
    'sample/sleep-*',
    'sample/helloworld-*',
  ].flatMap((pod) => [
    ...['config_dump', 'clusters', 'certs', 'listeners', 'server_info'].map(
      (page) => `proxies/${pod}/${page}.json`,
    ),
    `proxies/${pod}/stats.txt`,
    `logs/${pod}/istio-proxy.log`,
  ]),
  'logs/istio-system/istiod-*/discovery.log',
];
const ofTheMesh = [
  'MANIFEST.txt',
  'topology.json',
  'status.json',
  'doctor.txt',
  'doctor.json',
  'dashboard.html',
];

type Files = ReadonlyMap<string, string>;

async function bundle(name: string, args: readonly string[]): Promise<Files> {
  const path = join(bed.folder, `${name}.tar.gz`);
  const made = await bed.isthmus(['bundle', ...args, '-d', path, '-o', 'json']);
  expect(made.exitCode, made.stderr).toBe(0);
  expect(JSON.parse(made.stdout)).toMatchObject({ path, missing: [] });
  const folder = join(bed.folder, name);
  await execa('mkdir', ['-p', folder]);
  await execa('tar', ['-xzf', path, '-C', folder]);
  const { stdout } = await execa('find', ['isthmus-bundle', '-type', 'f'], { cwd: folder });
  const entries = stdout.split('\n').map(async (file) => {
    const content = await readFile(join(folder, file), 'utf8');
    return [file.replace('isthmus-bundle/', ''), content] as const;
  });
  return new Map(await Promise.all(entries));
}

function expectWhole(files: Files, more: readonly string[] = []): void {
  const wanted = [
    ...ofTheMesh,
    ...clusters.flatMap((cluster) => [...perCluster, ...more].map((name) => `${cluster}/${name}`)),
  ];
  const names = [...files.keys()];
  const absent = wanted.filter((name) => !names.some((one) => matches(name, one)));
  expect(absent).toEqual([]);
  const manifest = files.get('MANIFEST.txt') ?? '';
  expect(names.filter((name) => name !== 'MANIFEST.txt' && !manifest.includes(`  ${name}  `))).toEqual([]);
  expect(manifest).toMatch(/Not collected\n {2}nothing/);
}

const matches = (pattern: string, name: string) =>
  new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`).test(name);

/** Real secrets of the bed, and of each the parts that must appear nowhere. */
async function secretsOfTheBed(): Promise<string[]> {
  const perBed = await Promise.all(clusters.flatMap((cluster) => [storedSecrets(cluster), mounted(cluster)]));
  const kubeconfig = await readFile(bed.kubeconfig, 'utf8');
  const keys = [...kubeconfig.matchAll(/client-key-data: (\S+)/g)].map(([, key = '']) => decode(key));
  return [...perBed.flat(), ...keys].flatMap(partsOf);
}

const decode = (text: string) => Buffer.from(text, 'base64').toString();
const encode = (text: string) => Buffer.from(text).toString('base64');

/** Private keys and tokens in the Secrets of a cluster. */
async function storedSecrets(cluster: string): Promise<string[]> {
  const { items } = JSON.parse(await bed.ok(cluster, ['get', 'secrets', '-A', '-o', 'json'])) as {
    items: { data?: Record<string, string> }[];
  };
  const texts = items.flatMap(({ data = {} }) => Object.values(data).map(decode));
  const found = texts.flatMap((text) => [
    ...(text.match(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?PRIVATE KEY-----/g) ?? []),
    ...[...text.matchAll(/token: (\S+)/g)].map(([, token = '']) => token),
  ]);
  // The authority's key and the token for the other cluster.
  expect(found.length).toBeGreaterThanOrEqual(2);
  return found;
}

/** Tokens that a running proxy has in its files. */
function mounted(cluster: string): Promise<string[]> {
  const files = [
    '/var/run/secrets/tokens/istio-token',
    '/var/run/secrets/kubernetes.io/serviceaccount/token',
  ];
  return Promise.all(
    files.map((file) =>
      bed.ok(cluster, ['-n', 'sample', 'exec', 'deploy/sleep', '-c', 'istio-proxy', '--', 'cat', file]),
    ),
  );
}

function partsOf(secret: string): string[] {
  const lines = secret.split('\n').filter((line) => line && !line.startsWith('-----'));
  const [, , signature] = secret.startsWith('ey') ? secret.split('.') : [];
  return [...lines, encode(secret).slice(60, 160), ...(signature ? [signature] : [])];
}

function expectNoSecret(files: Files, secrets: readonly string[]): void {
  expect(secrets.length).toBeGreaterThan(20);
  for (const secret of secrets) expect(secret.length, secret).toBeGreaterThan(15);
  for (const [name, content] of files) {
    expect(secrets.filter((secret) => content.includes(secret)).length, `secrets in ${name}`).toBe(0);
    expect(content, name).not.toMatch(/PRIVATE KEY-----\n/);
  }
}

describe('bundle', () => {
  let secrets: readonly string[] = [];
  beforeAll(async () => {
    secrets = await secretsOfTheBed();
  });

  it('holds what a maintainer asks for of a mesh with a file, and none of its secrets', async () => {
    const files = await bundle('of-the-file', []);
    expectWhole(files, ['provider/kube-apiserver.log']);
    expectNoSecret(files, secrets);
    // The search itself must find a secret that is there.
    for (const secret of secrets)
      expect(() => expectNoSecret(new Map([['x', `a ${secret} b`]]), secrets)).toThrow('secrets in x');
    const facts = files.get('eks-1/secrets.json') ?? '';
    const { results } = JSON.parse(files.get('doctor.json') ?? '{}') as { results: { id: string }[] };
    expect(new Set(results.map(({ id }) => id))).toContain('traffic');
    expect(JSON.parse(facts)).toContainEqual(
      expect.objectContaining({
        name: 'cacerts',
        values: expect.objectContaining({
          'ca-key.pem': expect.objectContaining({ privateKeyOf: ['ca-cert.pem', 'cert-chain.pem'] }),
        }),
      }),
    );
    expect(facts).toMatch(/"expires": "20\d\d-/);
  });

  it('holds the same of contexts without a file', async () => {
    const args = clusters.flatMap((cluster) => ['--context', cluster]);
    const files = await bundle('of-contexts', [...args, '--kubeconfig', bed.kubeconfig]);
    expectWhole(files);
    expectNoSecret(files, secrets);
  });

  it('says of a cluster that does not answer that it is missing, and holds the others', async () => {
    const kubeconfig = join(bed.folder, 'bundle.kubeconfig');
    const text = await readFile(bed.kubeconfig, 'utf8');
    const [first = '', ...others] = [...text.matchAll(/server: (\S+)/g)].map(([, server = '']) => server);
    expect(others).toHaveLength(1);
    await execa('cp', [bed.kubeconfig, kubeconfig]);
    await execa('sed', ['-i', `s|${first}|https://127.0.0.1:1|`, kubeconfig]);
    const path = join(bed.folder, 'partly.tar.gz');
    const args = clusters.flatMap((cluster) => ['--context', cluster]);
    const made = await bed.isthmus(['bundle', ...args, '--kubeconfig', kubeconfig, '-d', path, '-o', 'json']);
    expect(made.exitCode, made.stderr).toBe(0);
    const { missing } = JSON.parse(made.stdout) as { missing: string[] };
    expect(missing.join('\n')).toMatch(/^eks-1\/everything of the cluster: .*127\.0\.0\.1/m);
    const { stdout } = await execa('tar', ['-tzf', path]);
    expect(stdout).toMatch(/eks-2\/istiod\/istio-system\/istiod-[^/]*\/clusterz\.json/);
  });
});
