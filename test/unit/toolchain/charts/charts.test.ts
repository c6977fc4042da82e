import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { recordingReporter } from '../../../../src/report/index.ts';
import { ensureCharts } from '../../../../src/toolchain/charts/ensure-charts.ts';
import { istioRelease } from '../../../../src/toolchain/charts/release-charts.ts';
import { publishers } from '../../../../src/toolchain/sources/releases.ts';
import { serverOf, sha256, temporaryFolder } from '../bed.ts';

const version = '1.30.3';
const chart = 'charts/istio-control/istio-discovery/Chart.yaml';
let cache: string;
let notes: ReturnType<typeof recordingReporter>;

beforeEach(async () => {
  cache = await temporaryFolder();
  notes = recordingReporter();
  vi.stubEnv('XDG_CACHE_HOME', cache);
  // Go with no proxy to ask has no module, whatever its cache holds of others.
  vi.stubEnv('GOPROXY', 'off');
});
afterEach(() => void vi.unstubAllEnvs());

const ensure = (wanted = version) =>
  ensureCharts({ version: wanted, reporter: notes, signal: new AbortController().signal });
const codes = () => notes.events.flatMap((event) => (event.type === 'note' ? [event.code] : []));

/** A publisher with a release whose istiod chart says a version. */
async function publish({ says = version, stated }: { says?: string; stated?: string } = {}) {
  const tar = pack();
  tar.entry({ name: `istio-${version}/README.md` }, 'no');
  tar.entry({ name: `istio-${version}/manifests/${chart}` }, `name: istiod\nversion: ${says}\n`);
  tar.entry({ name: `istio-${version}/manifests/profiles/minimal.yaml` }, 'kind: IstioOperator\n');
  tar.finalize();
  const archive = gzipSync(await buffer(tar));
  const { path } = istioRelease(version);
  const line = Buffer.from(`${stated ?? sha256(archive)} istio.tar.gz`);
  const server = await serverOf({ [`/${path}`]: archive, [`/${path}.sha256`]: line });
  vi.stubEnv(publishers.github.mirror, server);
}

it('come out of the release, once, and whose checksum was believed is said', async () => {
  await publish();
  const { folder, digest } = await ensure();
  expect(await readFile(join(folder, chart), 'utf8')).toContain(version);
  expect(await readFile(join(folder, 'profiles/minimal.yaml'), 'utf8')).toContain('IstioOperator');
  expect(codes()).toEqual(['CHECKSUM_UNPINNED']);
  vi.stubEnv(publishers.github.mirror, 'http://127.0.0.1:1');
  expect(await ensure()).toEqual({ folder, digest });
});

it('are got again when the cache has not what was stored', async () => {
  await publish();
  const { folder } = await ensure();
  await writeFile(join(folder, 'profiles/minimal.yaml'), 'kind: Other\n');
  await ensure();
  expect(await readFile(join(folder, 'profiles/minimal.yaml'), 'utf8')).toContain('IstioOperator');
  expect(codes()).toContain('CACHE_CORRUPT');
  await rm(join(folder, chart));
  await ensure();
  expect(await readFile(join(folder, chart), 'utf8')).toContain(version);
});

it('are refused and not kept when they are not what their publisher states', async () => {
  await publish({ stated: sha256('something else') });
  await expect(ensure()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  await publish();
  expect(await readFile(join((await ensure()).folder, chart), 'utf8')).toContain(version);
});

it('are refused when they say that they are of another version', async () => {
  await publish({ says: '1.30.2' });
  await expect(ensure()).rejects.toMatchObject({
    code: 'CHARTS_UNAVAILABLE',
    problems: expect.arrayContaining([
      expect.objectContaining({ message: expect.stringContaining('are of 1.30.2, not of 1.30.3') }),
    ]),
  });
});

it('are refused with what each source said and which version there is, when nobody has them', async () => {
  vi.stubEnv(publishers.github.mirror, await serverOf({}));
  await expect(ensure()).rejects.toMatchObject({
    code: 'CHARTS_UNAVAILABLE',
    message: expect.stringContaining('1.30.3'),
    hint: expect.stringContaining('"1.31.0"'),
    problems: [
      { message: expect.stringMatching(/^official release: cannot download .*istio-1\.30\.3-linux/) },
      { message: expect.stringMatching(/^Go module: go has no istio.io\/istio@1\.30\.3: .*GOPROXY=off/) },
    ],
  });
});

it('come out of nothing but the Go module where everything is to be built', async () => {
  await publish();
  vi.stubEnv('ISTHMUS_TOOLCHAIN_SOURCE', 'go');
  await expect(ensure()).rejects.toMatchObject({
    code: 'CHARTS_UNAVAILABLE',
    problems: [{ message: expect.stringMatching(/^Go module:/) }],
  });
});

it('leave nothing of a run that was killed half-way', async () => {
  await publish();
  const draft = join(cache, 'isthmus/charts/.draft/manifests');
  await mkdir(draft, { recursive: true });
  await writeFile(join(draft, 'left-over.yaml'), '');
  const { folder } = await ensure();
  await expect(readFile(join(folder, 'left-over.yaml'))).rejects.toThrow('ENOENT');
});
