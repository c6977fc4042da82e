import { createWriteStream } from 'node:fs';
import { chmod, rename } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { messageOf } from '../errors/index.ts';
import { collectMeshFiles } from '../istio/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import { span } from '../report/index.ts';
import type { ClusterSpec } from '../topology/index.ts';
import { checkMesh } from './check.ts';
import { redact } from './redact.ts';
import { forEachCluster, type Operation, Session } from './session.ts';
import { statusOfMesh } from './status.ts';

export interface BundleOptions extends Operation {
  /** Path of the archive to write, `.tar.gz`. */
  readonly path: string;
}

export interface BundleResult {
  readonly path: string;
  readonly files: number;
  /** Parts that could not be collected, and why; each is also in the archive as errors.txt. */
  readonly missing: readonly string[];
}

interface BundleFile {
  readonly name: string;
  readonly content: string;
}

/**
 * One archive for a maintainer: what providers log, the mesh's objects, proxy and istiod dumps,
 * status and check results. Every text goes through {@link redact}; Secrets are never collected.
 */
export async function bundleMesh(options: BundleOptions): Promise<BundleResult> {
  const session = new Session(options);
  const missing: string[] = [];
  const attempt = async <T>(what: string, collect: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await collect();
    } catch (error) {
      missing.push(`${what}: ${redact(messageOf(error))}`);
      return otherwise;
    }
  };
  const perCluster = await forEachCluster(options.topology.clusters, (spec) =>
    span(options.reporter, { title: 'collect', cluster: spec.name }, () =>
      clusterFiles(session, spec, attempt),
    ),
  );
  const status = await attempt('status', async () => [json('status.json', await statusOfMesh(options))], []);
  const checks = await attempt(
    'checks',
    async () => [json('checks.json', await checkMesh({ ...options, session }))],
    [],
  );
  const files = [...perCluster.flat(), ...status, ...checks, json('topology.json', options.topology)];
  const all =
    missing.length > 0 ? [...files, { name: 'errors.txt', content: `${missing.join('\n')}\n` }] : files;
  await writeArchive(options.path, all);
  return { path: options.path, files: all.length, missing };
}

const json = (name: string, value: unknown): BundleFile => ({
  name,
  content: `${JSON.stringify(value, undefined, 2)}\n`,
});

type Attempt = <T>(what: string, collect: () => Promise<T>, otherwise: T) => Promise<T>;

async function clusterFiles(session: Session, spec: ClusterSpec, attempt: Attempt): Promise<BundleFile[]> {
  const provider = await session.provider(spec.provider);
  const logs = await attempt(
    `${spec.name} provider logs`,
    () => provider.collectLogs(session.context, spec),
    [],
  );
  const cluster = await attempt<MeshCluster | undefined>(
    `${spec.name} connection`,
    () => session.cluster(spec),
    undefined,
  );
  const { signal } = session.context;
  const mesh = cluster
    ? await attempt(`${spec.name} mesh state`, () => collectMeshFiles({ cluster, signal }), [])
    : [];
  return [...logs, ...mesh].map(({ name, content }) => ({ name: `${spec.name}/${name}`, content }));
}

/** Written under another name and renamed, so that a broken run leaves no half archive; owner-only. */
async function writeArchive(path: string, files: readonly BundleFile[]): Promise<void> {
  const { pack } = await import('tar-stream');
  const archive = pack();
  const draft = `${path}.part`;
  const written = pipeline(archive, createGzip(), createWriteStream(draft, { mode: 0o600 }));
  for (const { name, content } of files)
    archive.entry({ name: `isthmus-bundle/${name}`, mode: 0o600 }, redact(content));
  archive.finalize();
  await written;
  await chmod(draft, 0o600);
  await rename(draft, path);
}
