import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { recordingReporter } from '../../../src/report/index.ts';
import { store } from '../../../src/toolchain/cache/manifest.ts';
import { archives, staleArchives } from '../../../src/toolchain/images/ensure-images.ts';
import { temporaryFolder } from './bed.ts';

async function cacheWith(inputs: string) {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'images'));
  for (const file of archives.vanilla) {
    await writeFile(join(folder, 'draft'), `archive ${file}`);
    await store(folder, join(folder, 'draft'), { file, source: 'assembled', inputs });
  }
  const reporter = recordingReporter();
  const stale = () =>
    staleArchives({ folder, files: archives.vanilla, reporter, signal: new AbortController().signal });
  const notes = () => reporter.events.flatMap((event) => (event.type === 'note' ? [event.code] : []));
  return { folder, stale, notes };
}

it('makes archives of other inputs again without alarm', async () => {
  const { stale, notes } = await cacheWith('made from something else');
  expect(await stale()).toEqual(archives.vanilla);
  expect(notes()).toEqual([]);
});

it('says that an archive is damaged', async () => {
  const { folder, stale, notes } = await cacheWith('made from something else');
  await truncate(join(folder, archives.vanilla[1]), 3);
  expect(await stale()).toEqual(archives.vanilla);
  expect(notes()).toEqual(['CACHE_CORRUPT']);
});
