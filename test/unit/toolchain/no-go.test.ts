import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, expect, it, vi } from 'vitest';
import { groupBy, recordingReporter } from '../../../src/report/index.ts';
import { readManifest } from '../../../src/toolchain/cache/manifest.ts';
import { chooseImages } from '../../../src/toolchain/images/choose-images.ts';
import { ensurePrograms } from '../../../src/toolchain/programs/ensure-programs.ts';
import { programs } from '../../../src/toolchain/programs/programs.ts';
import { publishers, type Release, releaseTable } from '../../../src/toolchain/sources/releases.ts';
import { sourcesWith } from '../../../src/toolchain/sources/sources.ts';
import { images, versions } from '../../../src/toolchain/versions.ts';
import { inPlaceOf, serverOf, sha256, temporaryFolder } from './bed.ts';
import { RegistryServer } from './registry-server.ts';

afterEach(() => void vi.unstubAllEnvs());

/** Every release of the table as its publisher has it: the program, or an archive with all that is wanted of it. */
async function published(): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const byPath = groupBy(Object.entries(releaseTable({})), ([, { path }]) => path);
  for (const [path, members] of byPath) files.set(path, await fileOf(members));
  return files;
}

async function fileOf(members: readonly (readonly [string, Release])[]): Promise<Buffer> {
  if (!members[0]?.[1].member) return Buffer.from(members[0]?.[0] ?? '');
  const tar = pack();
  for (const [name, { member = '' }] of members) tar.entry({ name: member }, name);
  tar.finalize();
  return gzipSync(await buffer(tar));
}

const pinnedNames = [
  ...programs.filter(({ version }) => version === versions.kubernetes).map(({ name }) => name),
  'etcd',
];

it('takes every program and image from the network where it has them all, without Go and Python', async () => {
  await inPlaceOf('go', 'exit 1');
  await inPlaceOf('python3', 'exit 1');
  const files = await published();
  const registry = await RegistryServer.start();
  const served = [...files].flatMap(([path, body]) => [
    [`/${path}`, body] as const,
    [`/${path}.sha256`, Buffer.from(sha256(body))] as const,
  ]);
  const address = await serverOf(Object.fromEntries(served));
  for (const { mirror } of Object.values(publishers)) vi.stubEnv(mirror, address);
  vi.stubEnv('ISTHMUS_DOCKER_MIRROR', `http://${registry.address}`);
  for (const name of ['pilot', 'proxyv2']) registry.put(`istio/${name}`, versions.istio);
  for (const name of images.helloworld) registry.put(name.slice('docker.io/'.length, -':1.0'.length), '1.0');
  const sums = pinnedNames.map((name) => {
    const body = files.get(releaseTable({})[name]?.path ?? '') ?? '';
    return [name, { [process.arch]: sha256(body) }] as const;
  });
  const folder = await temporaryFolder();
  const reporter = recordingReporter();
  const common = { folder, reporter, signal: new AbortController().signal };
  const { without } = await chooseImages({ ...common, hub: `${registry.address}/istio` });
  const wanted = programs.filter(({ name }) => !without.includes(name));
  await ensurePrograms({ ...common, programs: wanted, sources: sourcesWith(Object.fromEntries(sums)) });
  const manifest = await readManifest(folder);
  if (manifest === 'corrupt') throw new Error('the manifest is corrupt');
  for (const { name } of wanted) {
    expect(manifest[`bin/${name}`]?.source).toBe('official release');
    expect(await readFile(join(folder, 'bin', name), 'utf8')).toBe(name);
  }
  expect(wanted).toHaveLength(12);
  const notes = reporter.events.flatMap((event) => (event.type === 'note' ? [event.code] : []));
  expect(notes).toEqual(['PROXY_CHOSEN', 'CHECKSUM_UNPINNED']);
});
