import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';
import { readIfThere, writeWhole } from '../../files/index.ts';
import { note, type Reporter, span } from '../../report/index.ts';
import { withCacheLock } from '../cache/cache-lock.ts';
import { cacheRoot } from '../cache/folders.ts';
import { goWanted } from '../sources/sources.ts';
import { versions } from '../versions.ts';
import { chartVersion, digestOf } from './chart-files.ts';
import type { ChartSource, ChartSourceOptions } from './chart-source.ts';
import { chartsOfModule } from './module-charts.ts';
import { chartsOfRelease } from './release-charts.ts';

export interface ChartsOptions {
  /** An exact version of Istio other than the one that istioctl carries, for instance `1.30.3`. */
  readonly version: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** Istio's charts and profiles of one version, as istioctl takes them by `--manifests`. */
export interface Charts {
  /** Absolute path of the folder with `charts` and `profiles`. */
  readonly folder: string;
  /** SHA-256 of all its files, lower-case hex. */
  readonly digest: string;
}

const sources: Readonly<Record<string, ChartSource>> = {
  'official release': chartsOfRelease,
  'Go module': chartsOfModule,
};

const underWay = new Map<string, Promise<Charts>>();

/**
 * The charts of another version than istioctl's own, from the cache, else from Istio's release or, where that
 * cannot be had, from its Go module. CHARTS_UNAVAILABLE where neither has them, CHECKSUM_MISMATCH for what
 * is not what its publisher states.
 */
export function ensureCharts(options: ChartsOptions): Promise<Charts> {
  const folder = folderOf(options.version);
  const shared = underWay.get(folder);
  if (shared) return shared;
  const mine = ensure(folder, options).finally(() => underWay.delete(folder));
  underWay.set(folder, mine);
  return mine;
}

const chartsRoot = () => join(cacheRoot(), 'charts');
const folderOf = (version: string) => join(chartsRoot(), version);
const digestFile = (folder: string) => join(folder, 'sha256');

async function ensure(folder: string, options: ChartsOptions): Promise<Charts> {
  const kept = await keptCharts(folder, options);
  if (kept) return kept;
  return withCacheLock(
    chartsRoot(),
    options,
    async () => (await keptCharts(folder, options)) ?? obtain(folder, options),
  );
}

/** What an earlier run stored, if it is still that. */
async function keptCharts(folder: string, { version, reporter }: ChartsOptions): Promise<Charts | undefined> {
  const stored = await readIfThere(digestFile(folder));
  if (stored === undefined) return undefined;
  const manifests = join(folder, 'manifests');
  const digest = (await chartVersion(manifests)) ? await digestOf(manifests) : undefined;
  if (digest === stored.trim()) return { folder: manifests, digest };
  const message = `cached charts of Istio ${version} not as stored; got again`;
  note(reporter, { level: 'warn', code: 'CACHE_CORRUPT', message, data: { folder } });
  return undefined;
}

async function obtain(folder: string, options: ChartsOptions): Promise<Charts> {
  const draft = join(chartsRoot(), '.draft');
  return span(options.reporter, { title: `charts of Istio ${options.version}` }, async (handle) => {
    try {
      const onProgress = (progress: { message: string }) => handle.progress(progress);
      const source = await fromFirst(draft, { ...options, reporter: handle, onProgress });
      const digest = await digestOf(join(draft, 'manifests'));
      await writeWhole(digestFile(draft), `${digest}\n`, { mode: 0o644 });
      await rm(folder, { recursive: true, force: true });
      await rename(draft, folder);
      handle.ends('done', source);
      return { folder: join(folder, 'manifests'), digest };
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  });
}

/** Name of the source that filled the draft; one that the network fails is passed over. */
async function fromFirst(draft: string, options: ChartSourceOptions): Promise<string> {
  const reasons: string[] = [];
  for (const [name, get] of Object.entries(sources)) {
    if (get === chartsOfRelease && goWanted()) continue;
    // Also what a killed run left.
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { recursive: true });
    try {
      await get(draft, options);
      return name;
    } catch (error) {
      if (!isIsthmusError(error) || !passedOver.has(error.code)) throw error;
      reasons.push(`${name}: ${messageOf(error)}`);
    }
  }
  throw unavailable(options.version, reasons);
}

const passedOver: ReadonlySet<string> = new Set(['DOWNLOAD_FAILED', 'TOOL_MISSING', 'CHARTS_UNAVAILABLE']);

function unavailable(version: string, reasons: readonly string[]): IsthmusError {
  return new IsthmusError('CHARTS_UNAVAILABLE', `the charts of Istio ${version} cannot be had`, {
    hint: `write "${versions.istio}", whose charts are here, or a patch that Istio has released (https://github.com/istio/istio/releases); images of ${version} are not installed by other charts`,
    problems: reasons.map((message) => ({ message })),
  });
}
