import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { recordingReporter } from '../../../src/report/index.ts';
import { store } from '../../../src/toolchain/cache/manifest.ts';
import { chooseImages, knownImages } from '../../../src/toolchain/images/choose-images.ts';
import { archives } from '../../../src/toolchain/images/ensure-images.ts';
import { images, versions } from '../../../src/toolchain/versions.ts';
import { temporaryFolder } from './bed.ts';
import { RegistryServer } from './registry-server.ts';

afterEach(() => void vi.unstubAllEnvs());

async function bed(proxy?: 'istio' | 'vanilla') {
  const registry = await RegistryServer.start();
  vi.stubEnv('ISTHMUS_DOCKER_MIRROR', `http://${registry.address}`);
  const folder = await temporaryFolder();
  const reporter = recordingReporter();
  const hub = `${registry.address}/istio`;
  const options = { folder, reporter, signal: new AbortController().signal, hub, proxy };
  const notes = () =>
    reporter.events.flatMap((event) => (event.type === 'note' ? [`${event.code} ${event.message}`] : []));
  const put = (...names: string[]) =>
    names.map((name) => {
      const [path = '', tag = ''] = name.replace(/^docker\.io\//, '').split(':');
      return registry.put(path, tag).digest;
    });
  return { registry, folder, options, notes, put };
}

const own = [`istio/pilot:${versions.istio}`, `istio/proxyv2:${versions.istio}`];

async function cached(folder: string, file: string): Promise<void> {
  await mkdir(join(folder, file, '..'), { recursive: true });
  await writeFile(join(folder, 'draft'), file);
  await store(folder, join(folder, 'draft'), { file, source: 'assembled' });
}

it('takes Istio’s own images where the hub gives them, so that nothing of them is built, and remembers', async () => {
  const { options, notes, put, registry } = await bed();
  const [pilot] = put(...own, ...images.helloworld);
  expect(await knownImages(options)).toBeUndefined();
  const choice = await chooseImages(options);
  expect(choice).toMatchObject({
    proxy: 'istio',
    assembled: ['images/base.tar'],
    without: ['pilot-discovery', 'pilot-agent', 'envoy', 'helloworld'],
  });
  expect(choice.files).toHaveLength(5);
  expect(notes()).toEqual([expect.stringMatching(/^PROXY_CHOSEN local clusters run Istio's own images/)]);
  expect(notes()[0]).toContain(`pilot:${versions.istio}@${pilot}`);
  expect(notes()[0]).toContain("is pinned: its tag's was believed");
  const asked = registry.asked.length;
  expect(await knownImages(options)).toEqual(choice);
  expect(registry.asked).toHaveLength(asked);
});

it('builds the server of the samples where only that cannot be had', async () => {
  const { options, put } = await bed();
  put(...own);
  expect(await chooseImages(options)).toMatchObject({
    proxy: 'istio',
    assembled: ['images/base.tar', 'images/samples.tar'],
    without: ['pilot-discovery', 'pilot-agent', 'envoy'],
  });
});

it('takes the upstream Envoy, and says why, where the hub gives nothing', async () => {
  const { options, notes } = await bed();
  expect(await chooseImages(options)).toMatchObject({
    proxy: 'vanilla',
    files: archives.vanilla,
    without: [],
  });
  expect(notes()).toEqual([expect.stringMatching(/^PROXY_CHOSEN .*upstream Envoy.*answered 404/)]);
});

it('does not take the upstream Envoy where Istio’s must be', async () => {
  const { options } = await bed('istio');
  await cached(options.folder, 'images/2-data-plane.tar');
  expect(await knownImages(options)).toBeUndefined();
  await expect(chooseImages(options)).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining('proxy: istio needs'),
  });
});

it('asks no hub where the upstream Envoy must be, was chosen before, or everything is to be built', async () => {
  const wanted = await bed('vanilla');
  expect(await knownImages(wanted.options)).toMatchObject({ proxy: 'vanilla' });
  const before = await bed();
  await cached(before.folder, 'images/2-data-plane.tar');
  expect(await knownImages(before.options)).toMatchObject({ proxy: 'vanilla' });
  const building = await bed();
  vi.stubEnv('ISTHMUS_TOOLCHAIN_SOURCE', 'go');
  expect(await knownImages(building.options)).toMatchObject({ proxy: 'vanilla' });
  for (const { registry } of [wanted, before, building]) expect(registry.asked).toEqual([]);
});

it('does not fall back from an image that is not what its digest says', async () => {
  const { options, registry, put } = await bed();
  put(...own);
  const path = [...registry.content.keys()].find((key) => key.startsWith('istio/pilot/blobs/')) ?? '';
  registry.content.set(path, { type: '', body: Buffer.from('other') });
  await expect(chooseImages(options)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
});
