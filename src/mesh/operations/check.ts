import { catalogue, runChecks, selectChecks } from '../../checks/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { CheckResult } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import { lateCluster } from '../session/late-client.ts';
import { unseenOf } from '../session/reach-cluster.ts';
import { type Operation, Session } from '../session/session.ts';

/** What {@link checkMesh} takes. */
export interface CheckOptions extends Operation {
  /** Checks by name; all of them when empty. */
  readonly names?: readonly string[];
  /** Milliseconds to go on looking until every check passes; 0, the default, looks once. */
  readonly wait?: number;
  /** One that is open already, with its connections; a new one when undefined. */
  readonly session?: Session;
  /** No file rules this mesh, so that remedies name kubectl and istioctl alone. */
  readonly withoutFile?: boolean;
}

/**
 * Look at the mesh as it is; changes nothing. Every selected check appears in the results exactly
 * once for each of its subjects, also where there is no way to a cluster: it fails or is blocked
 * there. Throws CHECK_UNKNOWN and INTERRUPTED.
 */
export async function checkMesh(options: CheckOptions): Promise<CheckResult[]> {
  const session = options.session ?? new Session(options);
  const { topology, reporter, signal } = options;
  const checks = options.names && options.names.length > 0 ? selectChecks(options.names) : catalogue;
  const clusters = await Promise.all(topology.clusters.map((spec) => connectOrLater(session, spec)));
  const loadBalancers = (name: string) => session.loadBalancers(name);
  return runChecks({
    checks,
    context: { topology, clusters, loadBalancers, reporter, signal, withoutFile: options.withoutFile },
    wait: options.wait,
    reporter,
    signal,
  });
}

async function connectOrLater(session: Session, spec: ClusterSpec): Promise<MeshCluster> {
  try {
    return await session.cluster(spec);
  } catch (error) {
    unseenOf(spec.name, error);
    return lateCluster(session, spec);
  }
}
