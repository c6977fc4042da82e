import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { run } from '../../process/index.ts';
import { note } from '../../report/index.ts';
import { isAuthentic } from '../sources/published-checksum.ts';
import { downloadRelease, urlOf } from '../sources/release-source.ts';
import { type Release, releaseArch } from '../sources/releases.ts';
import { requireVersion } from './chart-files.ts';
import type { ChartSourceOptions } from './chart-source.ts';

/** The archive of Istio's release, of which the charts are the same for every platform. */
export function istioRelease(version: string): Release {
  const arch = releaseArch[process.arch] ?? process.arch;
  const path = `istio/istio/releases/download/${version}/istio-${version}-linux-${arch}.tar.gz`;
  return { publisher: 'github', path, sha256: {} };
}

/** Charts out of the release, checked by the SHA-256 that its publisher states. Throws what downloads throw. */
export async function chartsOfRelease(folder: string, options: ChartSourceOptions): Promise<void> {
  const { version, reporter, signal, onProgress } = options;
  const release = istioRelease(version);
  const url = urlOf(release);
  if (!isAuthentic(url)) throw new IsthmusError('DOWNLOAD_FAILED', `${url} is read without TLS`);
  const file = join(folder, 'download');
  await downloadRelease(release, file, { signal, onProgress });
  await run('tar', ['-xzf', file, '-C', folder, `istio-${version}/manifests`], { signal });
  await rename(join(folder, `istio-${version}`, 'manifests'), join(folder, 'manifests'));
  await rm(join(folder, `istio-${version}`), { recursive: true });
  await rm(file);
  await requireVersion(join(folder, 'manifests'), version);
  const message = `no checksum of the charts of Istio ${version} is pinned: the one that stands beside them was believed, which trusts the TLS of ${new URL(url).host}`;
  note(reporter, { level: 'info', code: 'CHECKSUM_UNPINNED', message });
}
