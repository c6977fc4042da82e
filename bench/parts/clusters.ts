import { join } from 'node:path';
import { available, BenchBed } from '../bed.ts';
import { type Figure, istiodFigure, type Recorder } from '../figures.ts';
import { requestsOf, sumOf } from '../metrics.ts';
import { step } from '../progress.ts';

/** Whole local clusters: what each command takes by their number, and what each cluster costs. */
export async function clusters(recorder: Recorder, sizes: readonly number[]): Promise<void> {
  for (const size of sizes) await step(`${size} whole clusters`, () => ofSize(recorder, size));
}

const upReach: Readonly<Record<number, string>> = { 2: '22 s', 8: '75 s' };
const againReach: Readonly<Record<number, string>> = { 2: '2 s', 8: '5 s' };
const memoryReach: Readonly<Record<number, string>> = { 2: '1.5 GB' };

async function ofSize(recorder: Recorder, size: number): Promise<void> {
  await using bed = await BenchBed.of(size);
  const add = (figure: Omit<Figure, 'clusters' | 'reach'>, reach?: string) =>
    recorder.add({ clusters: size, ...(reach ? { reach } : {}), ...figure });
  const before = await available();
  add({ what: 'up, to traffic proved', ...(await bed.measure(['up'])) }, upReach[size]);
  const gigabytes = ((before - (await available())) * 1024 ** 2) / 1e9;
  add({ what: 'memory of all clusters', said: `${gigabytes.toFixed(2)} GB` }, memoryReach[size]);
  add({ what: 'repeated up --no-check', ...(await bed.measure(['up', '--no-check'])) }, againReach[size]);
  add({ what: 'repeated up', ...(await bed.measure(['up'])) });
  await bed.isthmus('contexts');
  for (const command of looks(bed)) {
    const [what = ''] = command;
    const work = () => bed.measure(command);
    const { result, requests } = await requestsOf(() => metricsOf(bed), work);
    add({ what, ...result, requests });
  }
  add({ what: istiodFigure, ...(await istiodUse(bed)) });
  add({ what: 'down', ...(await bed.measure(['down'])) });
}

const looks = (bed: BenchBed): readonly (readonly string[])[] => [
  ['plan'],
  ['status'],
  ['check'],
  ['doctor'],
  ['bundle', '-d', join(bed.folder, 'bundle.tar.gz')],
];

const metricsOf = (bed: BenchBed): Promise<string[]> =>
  Promise.all(bed.clusters.map((name) => bed.kubectl(name, ['get', '--raw', '/metrics'])));

/** CPU seconds since it started and resident MiB of one istiod, on average over the clusters. */
async function istiodUse(bed: BenchBed): Promise<Pick<Figure, 'cpu' | 'peakMiB'>> {
  const all = await Promise.all(bed.clusters.map((name) => istiodMetrics(bed, name)));
  const mean = (metric: string) => all.reduce((sum, text) => sum + sumOf(text, metric), 0) / all.length;
  const [cpu, bytes] = [mean('process_cpu_seconds_total'), mean('process_resident_memory_bytes')];
  if (!(cpu > 0 && bytes > 0)) throw new Error('istiod tells nothing of its CPU and memory');
  return { cpu, peakMiB: bytes / 1024 ** 2 };
}

async function istiodMetrics(bed: BenchBed, cluster: string): Promise<string> {
  const names = ['-n', 'istio-system', 'get', 'pods', '-l', 'app=istiod', '-o', 'name'];
  const pod = (await bed.kubectl(cluster, names)).split('\n')[0]?.replace('pod/', '');
  const path = `/api/v1/namespaces/istio-system/pods/${pod}:15014/proxy/metrics`;
  return bed.kubectl(cluster, ['get', '--raw', path]);
}
