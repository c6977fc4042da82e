import {
  type DrillSettings,
  defaultService,
  drillOf,
  findTarget,
  requireNoDrill,
  runDrill,
  undoDrills,
  type WantedService,
} from '../../drills/index.ts';
import { allOf } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { DrillReport, DrillUndoReport } from '../../report/index.ts';
import { undoExpired } from '../build/undo-expired.ts';
import { withMeshLease } from '../lease/mesh-lease.ts';
import { forEachCluster, type Operation, Session } from '../session/session.ts';
import { checkMesh } from './check.ts';

/** What {@link drillMesh} takes. */
export interface DrillMeshOptions extends Operation {
  /** Name of the drill. */
  readonly drill: string;
  /** The service that it is about; the sample service by default. */
  readonly service?: WantedService | undefined;
  /** Say what would be done and change nothing. */
  readonly plan?: boolean;
  /** Those that the drill asks for; see `isthmus drill NAME --help`. */
  readonly settings: DrillSettings;
}

/** Must pass before a drill begins, and after it. */
const checks = ['istiod', 'injection', 'remotes', 'trust', 'sync', 'traffic'];

/**
 * Put one thing that the mesh promises to the test, and take everything back. Undoes first what a
 * drill before left past its deadline. Throws DRILL_UNKNOWN, DRILL_BLOCKED, DRILL_UNDER_WAY and
 * CHECKS_FAILED before anything is changed.
 */
export async function drillMesh(options: DrillMeshOptions): Promise<DrillReport> {
  drillOf(options.drill);
  const session = new Session(options);
  const { topology, reporter, signal } = session.context;
  const clusters = await forEachCluster(topology.clusters, (spec) => session.cluster(spec));
  if (!options.plan) await undoExpired(clusters, { reporter, signal });
  // Before anything is looked up: what a drill took away must not be told as missing.
  await requireNoDrill(clusters, signal);
  if (options.plan) return drillClusters(session, clusters, options);
  return withMeshLease(session, `drill ${options.drill}`, () => drillClusters(session, clusters, options));
}

async function drillClusters(
  session: Session,
  clusters: readonly MeshCluster[],
  options: DrillMeshOptions,
): Promise<DrillReport> {
  const { topology, reporter, signal } = session.context;
  const { plan, settings } = options;
  const drill = drillOf(options.drill);
  const service = options.service ?? drill.service?.(topology) ?? defaultService;
  const target = await findTarget({ clusters, service, anywhere: drill.anywhere, signal });
  const check = ({ waitMs, signal: inner }: { waitMs: number; signal: AbortSignal }) =>
    checkMesh({ ...options, names: checks, wait: waitMs, signal: inner });
  return runDrill({ drill, topology, clusters, target, settings, plan, check, reporter, signal });
}

/**
 * Take back what drills left in the clusters, whoever ran them and from wherever; also of one that is at
 * work, which ends by that.
 */
export async function undoMeshDrills(operation: Operation): Promise<DrillUndoReport> {
  const { topology, reporter, signal } = operation;
  const session = new Session(operation);
  const connecting = topology.clusters.map((spec) => session.cluster(spec));
  const settled = await Promise.allSettled(connecting);
  const clusters = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const undone = await undoDrills({ clusters, reporter, signal });
  // A cluster that is not there keeps no other one from being undone.
  await allOf(connecting, { names: topology.clusters.map(({ name }) => name), things: 'clusters' });
  return { mesh: topology.name, undone };
}
