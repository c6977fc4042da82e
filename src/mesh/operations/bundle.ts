import pLimit from 'p-limit';
import { Archive, BundleParts, collectMeshFiles, type MeshFile, manifestOf } from '../../bundle/index.ts';
import { Facts } from '../../checks/index.ts';
import type { ServiceRef } from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import {
  type CheckResult,
  type Reporter,
  redact,
  silentReporter,
  span,
  type TrafficFigures,
} from '../../report/index.ts';
import type { ClusterSpec, Topology } from '../../topology/index.ts';
import { meshOf } from '../session/found-mesh.ts';
import { forEachCluster, Session } from '../session/session.ts';
import { type DoctorOptions, doctorMesh } from './doctor.ts';
import { statusOfMesh } from './status.ts';

/** The mesh of a file, or contexts of any mesh, as for `doctorMesh`. */
export interface BundleOptions extends Omit<DoctorOptions, 'all'> {
  /** Path of the archive to write, `.tar.gz`. */
  readonly path: string;
  /** What doctor finds as text, without a line break at its end; the library itself draws nothing. */
  readonly render: (results: readonly CheckResult[], format: 'table' | 'json') => Promise<string>;
  /** The dashboard's page of this moment, made by who knows how to draw it; left out when undefined. */
  readonly page?: ((checked: Promise<CheckedMesh>) => Promise<string>) | undefined;
  /** Version of isthmus, for the manifest. */
  readonly version?: string | undefined;
}

/** What one run of all checks came to. */
export interface CheckedMesh {
  readonly results: readonly CheckResult[];
  /** By caller, where the traffic was measured. */
  readonly traffic: readonly TrafficFigures[];
}

/** The archive that {@link bundleMesh} wrote. */
export interface BundleResult {
  readonly path: string;
  /** Of the archive. */
  readonly bytes: number;
  readonly files: number;
  /** Parts that could not be collected, and why; each is in MANIFEST.txt as well. */
  readonly missing: readonly string[];
}

/**
 * One archive for a maintainer: objects, configuration, logs, dumps of istiods and proxies, facts of
 * Secrets, status and what doctor finds, with a manifest. Every text goes through {@link redact};
 * values of Secrets are never taken. Changes nothing. Throws INTERRUPTED and what
 * the file system says; a part of the mesh that does not answer is an entry of `missing`.
 */
export async function bundleMesh(options: BundleOptions): Promise<BundleResult> {
  const { topology } = await meshOf(options);
  const archive = await Archive.begin(options.path);
  try {
    const parts = new BundleParts((file) => archive.add(file));
    await fill({ ...options, topology }, parts);
    const bytes = await archive.finish();
    const missing = parts.missing.map(({ name, text }) => `${name}: ${text}`);
    return { path: options.path, bytes, files: parts.files.length, missing };
  } catch (error) {
    await archive.discard();
    throw error;
  }
}

/** The manifest last, as it lists all others. */
async function fill(options: BundleOptions & { topology: Topology }, parts: BundleParts): Promise<void> {
  const at = new Date();
  const { topology, version } = options;
  const session = new Session(options);
  await Promise.all([clusterParts(session, parts), meshParts(options, parts)]);
  const made = { at, tookMs: Date.now() - at.getTime(), version };
  const content = manifestOf({ ...parts, topology, made });
  await parts.add({ name: 'MANIFEST.txt', about: 'this page', content });
}

/** What is said of the mesh as a whole. */
async function meshParts(options: BundleOptions & { topology: Topology }, parts: BundleParts): Promise<void> {
  const { topology } = options;
  await parts.add(json('topology.json', 'the file after defaults, or what the contexts say', topology));
  const checked = checkAll(options);
  await Promise.all([
    parts.attempt('status.json', async () =>
      parts.add(json('status.json', 'isthmus status', await statusOfMesh(options))),
    ),
    parts.attempt('doctor.json', async () => {
      const { results } = await checked;
      await parts.add(text('doctor.txt', 'every check, as a table', await options.render(results, 'table')));
      await parts.add(
        text('doctor.json', 'every check, with evidence', await options.render(results, 'json')),
      );
    }),
    parts.attempt('dashboard.html', async () => {
      const { page } = options;
      // It was cleaned value by value, and another pass over its code would break it.
      if (page)
        await parts.addClean(text('dashboard.html', 'isthmus dashboard of that moment', await page(checked)));
    }),
  ]);
}

/** The checks take the longest of all, so that they run once for whoever shows them. */
async function checkAll(options: BundleOptions): Promise<CheckedMesh> {
  const traffic: TrafficFigures[] = [];
  const reporter: Reporter = {
    emit: (event) => {
      if (event.type === 'traffic-measured') traffic.push(event.figures);
    },
  };
  const given = options.contexts?.length ? { ...options, topology: undefined } : options;
  return { results: await doctorMesh({ ...given, reporter, all: true }), traffic };
}

/** From so many clusters at a time, as what is read and not yet written is in memory. */
const atOnce = 4;

async function clusterParts(session: Session, parts: BundleParts): Promise<void> {
  const { topology, reporter } = session.context;
  const service = await sharedService(session, parts);
  const limit = pLimit(atOnce);
  await forEachCluster(topology.clusters, (spec) =>
    limit(() =>
      span(reporter, { title: 'collect', cluster: spec.name }, () =>
        oneCluster(session, parts, { spec, service }),
      ),
    ),
  );
}

/** By its pods a client and a server are chosen; clusters that do not answer leave the choice to the others. */
async function sharedService(session: Session, parts: BundleParts): Promise<ServiceRef | undefined> {
  const { topology, signal } = session.context;
  const connected = await Promise.all(
    topology.clusters.map((spec) => session.cluster(spec).catch(() => undefined)),
  );
  const clusters = connected.flatMap((cluster) => cluster ?? []);
  const reporter: Reporter = silentReporter;
  const facts = new Facts({ topology, clusters, signal, reporter, loadBalancers: async () => [] });
  return parts.attempt('choice of a Service', () => facts.testedService());
}

interface OneCluster {
  readonly spec: ClusterSpec;
  readonly service: ServiceRef | undefined;
}

async function oneCluster(
  session: Session,
  parts: BundleParts,
  { spec, service }: OneCluster,
): Promise<void> {
  const provider = await session.provider(spec.provider);
  const { signal } = session.context;
  await Promise.all([
    parts.attempt(`${spec.name}/provider`, async () => {
      for (const { name, content } of await provider.collectLogs(session.context, spec))
        await parts.add({
          name: `${spec.name}/provider/${name}`,
          about: 'of what the provider runs',
          content,
        });
    }),
    parts.attempt(`${spec.name}/load-balancers.json`, async () => {
      const found = await provider.loadBalancers(session.context, spec);
      await parts.add(json(`${spec.name}/load-balancers.json`, 'load balancers and their targets', found));
    }),
    parts.attempt(`${spec.name}/ (all of it)`, async () => {
      const cluster: MeshCluster = await session.cluster(spec);
      await parts.ofCluster(spec.name, (take) => collectMeshFiles({ cluster, service, signal, take }));
    }),
  ]);
}

const text = (name: string, about: string, content: string): MeshFile => ({
  name,
  about,
  content: `${content}\n`,
});
const json = (name: string, about: string, value: unknown): MeshFile =>
  text(name, about, JSON.stringify(value, undefined, 2));
