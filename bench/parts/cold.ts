import { join } from 'node:path';
import { BenchBed } from '../bed.ts';
import type { Recorder } from '../figures.ts';
import { measure } from '../isthmus.ts';

/** The toolchain, with nothing of it in any cache. */
export async function cold(recorder: Recorder): Promise<void> {
  await using bed = await BenchBed.of(2);
  const env = {
    ...bed.env,
    XDG_CACHE_HOME: join(bed.folder, 'cache'),
    GOCACHE: join(bed.folder, 'go-cache'),
  };
  const took = await measure({ file: bed.file, env }, ['toolchain', 'build']);
  recorder.add({ what: 'toolchain build, nothing in a cache', clusters: 0, reach: '420 s', ...took });
}
