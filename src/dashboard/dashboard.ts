import { randomBytes } from 'node:crypto';
import { drills } from '../drills/index.ts';
import { type CheckedMesh, MeshView, type ViewOptions } from '../mesh/index.ts';
import { contextOf, type Topology } from '../topology/index.ts';
import { cleaned } from './collect/clean.ts';
import { Collector, type Intervals } from './collect/collector.ts';
import { DrillRunner } from './collect/drill-runner.ts';
import { loop } from './collect/loop.ts';
import { ReportFolder } from './collect/report-folder.ts';
import { StateStore } from './collect/store.ts';
import { pageAssets } from './page/assets.ts';
import { exportPage } from './page/export-page.ts';
import { serveDashboard } from './server/server.ts';
import type { MeshInfo } from './state/panels.ts';

/** The mesh of a file, or contexts of any mesh, as for `doctorMesh`. */
export interface DashboardOptions extends ViewOptions {
  /** A folder with reports that `drill -o json` and `rotate … -o json` printed. */
  readonly reports?: string | undefined;
  /** Of isthmus. */
  readonly version: string;
}

export interface ServeOptions extends DashboardOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** May the page run drills? */
  readonly allowDrills: boolean;
  readonly intervals?: Intervals | undefined;
}

/** A page that is being served. */
export interface ServedDashboard {
  /** With the token that lets a browser in. */
  readonly url: string;
  /** Stop serving, once a drill that the page runs is undone. */
  close(): Promise<void>;
}

/**
 * Serve the page of a mesh on this machine's loopback address until it is closed, and look at the mesh
 * meanwhile. It starts without waiting for any cluster. ADDRESS_IN_USE; and what opening a mesh throws.
 */
export async function openDashboard(options: ServeOptions): Promise<ServedDashboard> {
  const { signal, allowDrills, intervals, providers = {} } = options;
  const [assets, { view, store, reports }] = await Promise.all([pageAssets(), prepare(options)]);
  const collector = new Collector({ view, store, signal, intervals });
  const runner = allowDrills ? new DrillRunner({ view, store, signal, providers }) : undefined;
  const server = await serveDashboard(
    {
      store,
      assets,
      endpointsOf: (cluster, service) => collector.endpointsOf(cluster, service),
      startDrill: runner && ((wanted) => runner.start(wanted)),
    },
    { port: options.port },
  );
  collector.start();
  if (reports) loop(() => reports.read(store), { everyMs: 2000, signal });
  return {
    url: server.url,
    async close() {
      await runner?.settled();
      await server.close();
    },
  };
}

export interface ExportOptions extends DashboardOptions {
  /** What a run of all checks that is under way comes to; without it they are run. */
  readonly checked?: Promise<CheckedMesh> | undefined;
}

/** Look at a mesh once, at everything, and return the page as a file that needs nothing else. */
export async function exportDashboard(options: ExportOptions): Promise<string> {
  const [assets, { view, store }] = await Promise.all([
    pageAssets(),
    prepare({ ...options, allowDrills: false }),
  ]);
  await new Collector({ view, store, signal: options.signal }).once(options.checked);
  return exportPage(store.since(0), assets);
}

async function prepare(options: DashboardOptions & { readonly allowDrills: boolean }) {
  const view = await MeshView.open(options);
  const store = new StateStore({ epoch: randomBytes(6).toString('hex'), clean: cleaned });
  store.put('mesh', meshInfo(view.topology, { ...options, withoutFile: view.withoutFile }));
  const reports = options.reports === undefined ? undefined : new ReportFolder(options.reports);
  // A folder that cannot be read is told before anything is served.
  await reports?.read(store);
  return { view, store, reports };
}

interface Known {
  readonly version: string;
  readonly allowDrills: boolean;
  readonly withoutFile: boolean;
}

function meshInfo(topology: Topology, { version, allowDrills, withoutFile }: Known): MeshInfo {
  const { name, meshID, trustDomain, istio, clusters } = topology;
  return {
    name: withoutFile ? meshID || name : name,
    meshID,
    trustDomain,
    ...(withoutFile ? {} : { istio: istio.version }),
    clusters: clusters.map((spec) => ({
      name: spec.name,
      network: spec.network,
      provider: spec.provider,
      context: contextOf(spec),
    })),
    drills: allowDrills
      ? drills.map(({ id, title, kinds = [] }) => ({ id, title, kinds: kinds.map((kind) => kind.id) }))
      : [],
    version,
  };
}
