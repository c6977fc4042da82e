import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { meshObjects } from '../../../../src/istio/index.ts';
import type { KubeObject } from '../../../../src/kubernetes/index.ts';
import { silentReporter } from '../../../../src/report/index.ts';
import { ensureToolchain, versions } from '../../../../src/toolchain/index.ts';
import { publishers } from '../../../../src/toolchain/sources/releases.ts';
import { cloudCapabilities, clusterSpec, topologyOf } from '../fixtures.ts';

/** Istio's module at a commit of its branch release-1.30, as a proxy names the commit of a release's tag too. */
const of130 = 'v0.0.0-20260826214018-9739e10eb9d7';
const signal = new AbortController().signal;
let folder: string;
let istioctl: string;

/** A module proxy that has been told what two tags mean, before the usual ones. */
async function proxyOfTags(tags: readonly string[]): Promise<string> {
  const versionsFolder = join(folder, 'proxy/istio.io/istio/@v');
  await mkdir(versionsFolder, { recursive: true });
  for (const tag of tags)
    await writeFile(join(versionsFolder, `${tag}.info`), JSON.stringify({ Version: of130 }));
  return `file://${join(folder, 'proxy')},${execFileSync('go', ['env', 'GOPROXY'], { encoding: 'utf8' }).trim()}`;
}

beforeAll(async () => {
  const { bin } = await ensureToolchain({ reporter: silentReporter, signal, only: ['istioctl'] });
  istioctl = join(bin, 'istioctl');
  folder = await mkdtemp(join(tmpdir(), 'isthmus-minor-'));
  vi.stubEnv('GOPROXY', await proxyOfTags(['1.30.4', '1.31.4']));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv(publishers.github.mirror, 'http://127.0.0.1:1');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function render(version: string): Promise<readonly KubeObject[]> {
  const mesh = topologyOf(['eks-1', 'eks-2']);
  const topology = { ...mesh, istio: { ...mesh.istio, version } };
  const options = { topology, spec: clusterSpec('eks-1', 0), capabilities: cloudCapabilities };
  const stages = await meshObjects({ ...options, istioctl, cache: join(folder, 'render'), signal });
  return stages.flatMap(({ objects }) => objects);
}

const imageOfIstiod = (objects: readonly KubeObject[]) =>
  /"image":"([^"]*pilot[^"]*)"/.exec(
    JSON.stringify(objects.filter(({ kind }) => kind === 'Deployment')),
  )?.[1];
const definition = (objects: readonly KubeObject[], name: string) =>
  JSON.stringify(
    objects.find(({ kind, metadata }) => kind === 'CustomResourceDefinition' && metadata?.name === name),
  );

describe('a mesh of the minor before the carried one', () => {
  it('has the images of its version and the charts of its minor', async () => {
    const [earlier, carried] = [await render('1.30.4'), await render(versions.istio)];
    expect(imageOfIstiod(earlier)).toBe('docker.io/istio/pilot:1.30.4');
    expect(imageOfIstiod(carried)).toBe('docker.io/istio/pilot:1.31.0');
    // Came with 1.31.
    const rules = 'destinationrules.networking.istio.io';
    expect(definition(carried, rules)).toContain('http2KeepAlive');
    expect(definition(earlier, rules)).toContain('connectionPool');
    expect(definition(earlier, rules)).not.toContain('http2KeepAlive');
  });

  it('has every object that isthmus adds, and gateways as they are elsewhere', async () => {
    const named = (objects: readonly KubeObject[]) =>
      objects
        .filter(({ kind }) => kind !== 'CustomResourceDefinition')
        .map(({ kind, metadata }) => `${kind} ${metadata?.name}`);
    expect(named(await render('1.30.4')).sort()).toEqual(named(await render(versions.istio)).sort());
  });

  it('is refused where a tag leads to the sources of another minor', async () => {
    await expect(render('1.31.4')).rejects.toMatchObject({
      code: 'CHARTS_UNAVAILABLE',
      problems: expect.arrayContaining([
        { message: expect.stringContaining('1.31.4 has the sources of 1.30') },
      ]),
    });
  });
});
