import { IsthmusError } from '../errors/index.ts';
import { envoyServer, istiodServer, type PageServer, podPage, type ServedPod } from '../istio/index.ts';
import type { Pod } from '../kubernetes/index.ts';
import type { BundledPods } from './choose-pods.ts';
import type { CollectContext, Truncated } from './collection.ts';
import { headOf } from './limits.ts';

interface Page {
  readonly path: string;
  readonly file: string;
  readonly about: string;
}

const debug = (page: string, about: string): Page => ({
  path: `/debug/${page}`,
  file: `${page}.json`,
  about,
});

/** Pages of istiod that upstream issues ask for. */
const istiodPages: readonly Page[] = [
  { path: '/version', file: 'version.txt', about: 'version of this istiod' },
  { path: '/metrics', file: 'metrics.txt', about: 'metrics: certificates’ ends, memory, pushes' },
  debug('clusterz', 'clusters that this istiod watches, and whether they are synced'),
  debug('networkz', 'gateways of other networks, with resolved addresses'),
  debug('syncz', 'what each connected proxy has acknowledged'),
  debug('adsz', 'what each connected proxy watches'),
  debug('connections', 'proxies connected to this istiod'),
  debug('endpointShardz', 'endpoints by service and by the cluster they came from'),
  debug('instancesz', 'proxies and the services they serve'),
  debug('registryz', 'services of all clusters together'),
  debug('configz', 'Istio configuration as this istiod read it'),
  debug('mesh', 'mesh configuration in force'),
  debug('push_status', 'what went wrong at the last push'),
  debug('inject', 'injection template and values in force'),
  debug('telemetryz', 'telemetry in force'),
  debug('authorizationz', 'authorization policies in force'),
  debug('mcsz', 'exported services'),
  debug('resourcesz', 'kinds that are watched'),
];

const proxyPages: readonly Page[] = [
  {
    path: 'config_dump?include_eds',
    file: 'config_dump.json',
    about: 'whole configuration, endpoints included',
  },
  {
    path: 'clusters?format=json',
    file: 'clusters.json',
    about: 'endpoints with weights, health and counters',
  },
  { path: 'certs', file: 'certs.json', about: 'certificates loaded from files' },
  { path: 'listeners?format=json', file: 'listeners.json', about: 'listeners' },
  { path: 'server_info', file: 'server_info.json', about: 'version, command line and metadata of the proxy' },
  { path: 'stats', file: 'stats.txt', about: 'counters' },
  { path: 'runtime', file: 'runtime.json', about: 'runtime flags' },
  { path: 'memory', file: 'memory.json', about: 'memory' },
];

/** Pages of every istiod and of the chosen proxies. */
export async function dumpFiles(options: CollectContext, pods: BundledPods): Promise<void> {
  const proxies = [...pods.gateways, ...pods.sidecars];
  await Promise.all([
    ...pods.istiods.map((pod) => pages(options, pod, istiod)),
    ...proxies.map((pod) => pages(options, pod, proxy)),
  ]);
}

interface Source {
  readonly folder: string;
  readonly server: PageServer;
  readonly pages: readonly Page[];
}

const istiod: Source = { folder: 'istiod', server: istiodServer, pages: istiodPages };
const proxy: Source = { folder: 'proxies', server: envoyServer, pages: proxyPages };

async function pages(options: CollectContext, pod: Pod, source: Source): Promise<void> {
  const { name = '', namespace = '' } = pod.metadata ?? {};
  const folder = `${source.folder}/${namespace}/${name}`;
  if (pod.status?.phase !== 'Running') {
    options.collection.missing.push({ name: folder, text: `the pod is ${pod.status?.phase ?? 'unknown'}` });
    return;
  }
  await Promise.all(
    source.pages.map(({ file, about, path }) =>
      options.collection.file(`${folder}/${file}`, about, () =>
        read(options, { namespace, name, server: source.server }, path),
      ),
    ),
  );
}

async function read({ cluster, signal }: CollectContext, pod: ServedPod, path: string): Promise<Truncated> {
  const text = await podPage(cluster, pod, { path, signal, timeoutMs: 30_000 });
  // An answer like any other, of status 404.
  if (/^404 page not found\s*$/.test(text))
    throw new IsthmusError('PROCESS_FAILED', `this version has no page ${path}`);
  return headOf(readable(text));
}

/** JSON over several lines; anything else as it is. */
function readable(text: string): string {
  if (!/^\s*[[{]/.test(text) || text.includes('\n  ')) return text;
  try {
    return `${JSON.stringify(JSON.parse(text), undefined, 1)}\n`;
  } catch {
    // A page that only looks like JSON is kept as it came.
    return text;
  }
}
