import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { afterEach, expect, it, vi } from 'vitest';
import { recordingReporter } from '../../../src/report/index.ts';
import { pulledImages, pullImages } from '../../../src/toolchain/images/istio-images.ts';
import { imageReference } from '../../../src/toolchain/registry/image-reference.ts';
import { images } from '../../../src/toolchain/versions.ts';
import { sha256, temporaryFolder } from './bed.ts';
import { ownArchitecture, RegistryServer } from './registry-server.ts';

afterEach(() => void vi.unstubAllEnvs());

async function bed() {
  const registry = await RegistryServer.start();
  const folder = await temporaryFolder();
  const options = { folder, reporter: recordingReporter(), signal: new AbortController().signal };
  const name = `${registry.address}/istio/pilot:1.0`;
  return { registry, folder, name, options, pull: (names = [name]) => pullImages(names, options) };
}

async function entriesOf(path: string): Promise<Map<string, Buffer>> {
  const entries = extract();
  entries.end(await readFile(path));
  const found = new Map<string, Buffer>();
  for await (const entry of entries) found.set(entry.header.name, await buffer(entry));
  return found;
}

it('reads references as Docker does', () => {
  const parts = (name: string) => {
    const { endpoint, repository, tag } = imageReference(name);
    return `${endpoint} ${repository} ${tag}`;
  };
  expect(parts('docker.io/istio/pilot:1.31.0')).toBe('https://registry-1.docker.io istio/pilot 1.31.0');
  expect(parts('istio/pilot:1.31.0')).toBe('https://registry-1.docker.io istio/pilot 1.31.0');
  expect(parts('gcr.io/istio-release/pilot:1')).toBe('https://gcr.io istio-release/pilot 1');
  expect(parts('registry.corp:5000/a/b/pilot:1')).toBe('https://registry.corp:5000 a/b/pilot 1');
  expect(parts('localhost:5000/istio/pilot:1')).toBe('http://localhost:5000 istio/pilot 1');
  vi.stubEnv('ISTHMUS_DOCKER_MIRROR', 'http://127.0.0.1:1/');
  expect(parts('docker.io/istio/pilot:1.31.0')).toBe('http://127.0.0.1:1 istio/pilot 1.31.0');
});

it('pulls this platform’s image of an index into an archive by its name, every blob by its digest', async () => {
  const { registry, folder, name, pull, options } = await bed();
  const made = registry.put('istio/pilot', '1.0', ['s390x', ownArchitecture]);
  const [pulled] = await pull();
  expect(pulled).toMatchObject({ name, digest: made.digest });
  const entries = await entriesOf(join(folder, pulled?.file ?? ''));
  const index = JSON.parse(String(entries.get('index.json')));
  const [manifest] = index.manifests;
  expect(manifest.annotations['io.containerd.image.name']).toBe(name);
  const body = entries.get(`blobs/${manifest.digest.replace(':', '/')}`) ?? '';
  expect(`sha256:${sha256(body)}`).toBe(manifest.digest);
  const { config } = JSON.parse(String(body));
  const stated = JSON.parse(String(entries.get(`blobs/${config.digest.replace(':', '/')}`)));
  expect(stated.architecture).toBe(ownArchitecture);
  for (const [path, bytes] of entries)
    if (path.startsWith('blobs/')) expect(path).toBe(`blobs/sha256/${sha256(bytes)}`);
  expect(await pulledImages([name], options)).toEqual([pulled]);
  const asked = registry.asked.length;
  expect(await readdir(folder)).not.toContain('drafts');
  expect(registry.asked).toHaveLength(asked);
});

it('gets a token as a challenge says, and tells nobody else of it', async () => {
  const { registry, pull } = await bed();
  registry.put('istio/pilot', '1.0');
  const asked: string[] = [];
  registry.before = (request, response) => {
    const url = new URL(request.url ?? '', 'http://registry');
    if (url.pathname === '/token') {
      asked.push(url.search);
      response.writeHead(200).end(JSON.stringify({ token: 'anybody' }));
      return true;
    }
    if (request.headers.authorization === 'Bearer anybody') return false;
    const realm = `http://${registry.address}/token`;
    const challenge = `Bearer realm="${realm}",service="registry.test",scope="repository:istio/pilot:pull"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
    return true;
  };
  await pull();
  expect(asked).toEqual(['?service=registry.test&scope=repository%3Aistio%2Fpilot%3Apull']);
});

const refusals: readonly [string, number, Record<string, string>, string][] = [
  ['wants a password', 401, { 'www-authenticate': 'Basic realm="corp"' }, 'asks for a password'],
  ['says nothing of how', 401, {}, 'asks for a password'],
  [
    'sends to where there is no TLS',
    401,
    { 'www-authenticate': 'Bearer realm="http://auth.corp/token"' },
    'http://auth.corp, which has no TLS',
  ],
  ['is private', 403, {}, 'not for everybody'],
  ['had too many requests', 429, { 'retry-after': '77' }, 'too many requests from here, again after 77 s'],
  ['is broken', 503, {}, 'answered 503'],
];

it.each(refusals)('says of a registry that %s what it answered', async (...refusal) => {
  const [, status, headers, message] = refusal;
  const { registry, pull, folder } = await bed();
  registry.before = (_request, response) => {
    response.writeHead(status, headers).end();
    return true;
  };
  await expect(pull()).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining(message),
    hint: expect.stringContaining('proxy: vanilla'),
  });
  expect(await readdir(folder)).toEqual([]);
});

it('does not wait for a registry that says nothing, or is not there', async () => {
  const { registry, pull } = await bed();
  registry.before = () => true;
  const began = Date.now();
  await expect(pull()).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining('no answer within 5 s'),
  });
  expect(Date.now() - began).toBeLessThan(15_000);
  await expect(pull(['127.0.0.1:1/istio/pilot:1.0'])).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
});

it('names the platforms that an image has when ours is not among them', async () => {
  const { registry, pull } = await bed();
  registry.put('istio/pilot', '1.0', ['s390x', 'ppc64le']);
  await expect(pull()).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining(
      `nothing for linux/${ownArchitecture}, only for linux/s390x, linux/ppc64le`,
    ),
  });
});

it.each(['manifest', 'layer'] as const)('refuses a %s that is not what its digest says', async (what) => {
  const { registry, pull, folder } = await bed();
  const made = registry.put('istio/pilot', '1.0');
  const kind = what === 'layer' ? 'blobs' : 'manifests';
  const path = `istio/pilot/${kind}/${made[what]}`;
  const { type = '', body = '' } = registry.content.get(path) ?? {};
  registry.content.set(path, { type, body: Buffer.from(`${body} `) });
  await expect(pull()).rejects.toMatchObject({
    code: 'CHECKSUM_MISMATCH',
    message: expect.stringContaining(`wanted is ${made[what]}`),
  });
  const left = await readdir(join(folder, 'images')).catch(() => []);
  expect(left).toEqual([]);
});

it('asks for a pinned image by its digest, whatever its tag names', async () => {
  const { registry, pull } = await bed();
  vi.stubEnv('ISTHMUS_DOCKER_MIRROR', `http://${registry.address}`);
  registry.put('istio/proxyv2', images.proxy.split(':').at(-1) ?? '');
  await expect(pull([images.proxy])).rejects.toMatchObject({
    message: expect.stringContaining('manifests/sha256:e3b973cce2442c28'),
  });
  expect(registry.asked).toEqual([expect.stringMatching(/^istio\/proxyv2\/manifests\/sha256:e3b973cc/)]);
});
