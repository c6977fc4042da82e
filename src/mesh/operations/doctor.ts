import { catalogue, chainOf, walkChain } from '../../checks/index.ts';
import { isIsthmusError, messageOf } from '../../errors/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import {
  type CheckResult,
  fail,
  type Outcome,
  type Problem,
  pass,
  type Reporter,
} from '../../report/index.ts';
import { type ClusterSpec, contextOf, type Topology } from '../../topology/index.ts';
import { meshOf } from '../session/found-mesh.ts';
import { type Operation, Session } from '../session/session.ts';

/** What {@link doctorMesh} takes: a topology or contexts. */
export interface DoctorOptions extends Omit<Operation, 'topology'> {
  /** The mesh of a file; or give `contexts`. */
  readonly topology?: Topology | undefined;
  /** Contexts of a kubeconfig, for any mesh: what the file would say is read from the clusters. */
  readonly contexts?: readonly string[] | undefined;
  /** $KUBECONFIG or ~/.kube/config when undefined. */
  readonly kubeconfig?: string | undefined;
  /** Go on after the first link with a failure. */
  readonly all?: boolean | undefined;
}

/**
 * Walk the way of a request from the credentials to the traffic, stop at the first part that is
 * broken and mark what rests on it as blocked. Changes nothing. Never throws for a sick mesh;
 * INTERRUPTED if the signal fires.
 */
export async function doctorMesh(options: DoctorOptions): Promise<CheckResult[]> {
  const { topology, missing } = await meshOf(options);
  const withoutFile = topology !== options.topology;
  const { reporter, signal, all } = options;
  const session = new Session({ ...options, topology });
  const connected = await Promise.all(
    topology.clusters.map((spec) => connectContexts(session, spec, missing.get(spec.name))),
  );
  const credentials = connected.map(({ result }) => result);
  const clusters = connected.flatMap(({ cluster }) => cluster ?? []);
  const broken = credentials.find(({ outcome }) => outcome.status === 'fail');
  for (const result of credentials) announce(reporter, result);
  const loadBalancers = (name: string) => session.loadBalancers(name);
  const results = await walkChain({
    links: chainOf(catalogue),
    context: { topology, clusters, loadBalancers, reporter, signal, withoutFile },
    all,
    brokenBy: broken && !all ? `${broken.id} (${broken.subject})` : undefined,
  });
  return [...credentials, ...results];
}

const page = 'docs/doctor.md#credentials';

interface Connected {
  readonly cluster?: MeshCluster;
  readonly result: CheckResult;
}

/** Is there a way to this cluster at all? Whether it answers is the next link's question. */
async function connectContexts(
  session: Session,
  spec: ClusterSpec,
  missing: readonly Problem[] = [],
): Promise<Connected> {
  const started = Date.now();
  const result = (outcome: Outcome): CheckResult => ({
    id: 'credentials',
    title: 'the file or the contexts lead to every cluster, each under its own name',
    subject: spec.name,
    outcome,
    durationMs: Date.now() - started,
    docs: page,
  });
  try {
    const cluster = await session.cluster(spec);
    const [first] = missing;
    if (first) return { cluster, result: result(fail(first.message, missing)) };
    const where = cluster.kube.connection.config.cluster.server;
    return { cluster, result: result(pass(`network ${spec.network}, API server ${where}`)) };
  } catch (error) {
    if (!isIsthmusError(error) || error.code === 'BUG' || error.code === 'INTERRUPTED') throw error;
    return { result: result(fail(messageOf(error), [problemOf(error, spec)])) };
  }
}

const problemOf = (error: Error, spec: ClusterSpec): Problem => ({
  cluster: spec.name,
  context: contextOf(spec),
  message: messageOf(error),
  ...(isIsthmusError(error) ? { evidence: error.code, fix: error.hint } : {}),
});

function announce(reporter: Reporter, result: CheckResult): void {
  reporter.emit({ type: 'check-result', time: Date.now(), result });
}
