import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { images, versions } from '../../src/toolchain/index.ts';
import { Bed, localMesh, root } from './bed.ts';
import { ImageRegistry } from './support/image-registry.ts';

// Local clusters whose istiod and proxies come from a registry, by digest, as Istio's own do where its hub can be
// reached. Their Envoy is the upstream one, so istiod is told that, and nothing else differs.
const bed = new Bed('hub-images');
const cache = join(bed.folder, 'cache');
let registry: ImageRegistry;
let digests: { readonly pilot: string; readonly proxyv2: string };

async function isthmus(...args: string[]) {
  const program = ['--import', 'tsx', 'test/e2e/support/upstream-envoy-isthmus.ts', '-f', bed.file, ...args];
  const env = { ...bed.env, XDG_CACHE_HOME: cache };
  return execa(process.execPath, program, {
    cwd: root,
    env,
    reject: false,
    stdin: 'ignore',
    timeout: 600_000,
  });
}

beforeAll(async () => {
  const toolchain = dirname(await bed.program('.'));
  // The same files without a copy; what is pulled stays out of everybody's cache.
  await mkdir(join(cache, 'isthmus/toolchain'), { recursive: true });
  await execa('cp', ['-a', toolchain, join(cache, 'isthmus/toolchain', basename(toolchain))]);
  registry = await ImageRegistry.start();
  const tag = versions.istio;
  digests = {
    pilot: await registry.push(join(toolchain, 'images/1-control-plane.tar'), {
      from: images.pilot,
      to: `istio/pilot:${tag}`,
    }),
    proxyv2: await registry.push(join(toolchain, 'images/2-data-plane.tar'), {
      from: images.proxy,
      to: `istio/proxyv2:${tag}`,
    }),
  };
  const mesh = localMesh('hub-images', 2)
    .replaceAll('provider: local,', 'provider: local, proxy: istio,')
    .replace('spec:\n', `spec:\n  istio: {hub: "${registry.address}/istio"}\n`);
  await bed.write(mesh);
});

afterAll(async () => {
  registry?.stop();
  const down = await isthmus('down');
  expect(down.exitCode, down.stderr).toBe(0);
});

describe('a mesh of local clusters with images of a hub', () => {
  it('comes up and carries traffic, and says which images by digest', async () => {
    const up = await isthmus('up');
    expect(up.exitCode, up.stderr).toBe(0);
    for (const [name, digest] of Object.entries(digests))
      expect(up.stderr).toContain(`${registry.address}/istio/${name}:${versions.istio}@${digest}`);
    await isthmus('contexts');
  });

  it('runs them in istiod, gateways and workloads alike', async () => {
    const imagesOf = (namespace: string, kind: 'containers' | 'initContainers') =>
      bed.ok('eks-1', ['-n', namespace, 'get', 'pods', '-o', `jsonpath={.items[*].spec.${kind}[*].image}`]);
    const hub = `${registry.address}/istio`;
    expect(await imagesOf('istio-system', 'containers')).toContain(`${hub}/pilot:${versions.istio}`);
    expect(await imagesOf('istio-ingress', 'containers')).toContain(`${hub}/proxyv2:${versions.istio}`);
    // A sidecar is an init container that stays.
    expect(await imagesOf('sample', 'initContainers')).toContain(`${hub}/proxyv2:${versions.istio}`);
  });

  it('needs the hub no more once they are here', async () => {
    registry.stop();
    const again = await isthmus('up', '--no-check', '-o', 'json');
    expect(again.exitCode, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ changes: [] });
  });

  it('keeps its proxy for life', async () => {
    await bed.write((await bed.read()).replaceAll('proxy: istio', 'proxy: vanilla'));
    const plan = await isthmus('plan');
    expect(plan.stdout).toContain('proxy: istio → vanilla, which needs isthmus down eks-1 first');
    const up = await isthmus('up', '--no-check');
    expect([up.exitCode, up.stderr]).toEqual([2, expect.stringContaining('has proxy istio')]);
    await bed.write((await bed.read()).replaceAll('proxy: vanilla', 'proxy: istio'));
  });
});
