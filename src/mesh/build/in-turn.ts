import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { ensureServices } from '../../istio/index.ts';
import { note } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import type { Session } from '../session/session.ts';
import type { MeshTrust } from '../trust/mesh-trust.ts';
import { type ChangedClusters, changeClusters } from './change-clusters.ts';
import { membersAmong, unseenBesides } from './members.ts';

/** Throws if the mesh is not well after these clusters were changed. */
export type HealthGate = (changed: readonly string[]) => Promise<void>;

/**
 * Change one cluster after another, and look at the mesh between two. The first that fails, or after
 * which the mesh is not well, ends it: what is thrown has that code and names what was changed and what
 * was not. What is wanted of services spans clusters: the part of it that no cluster can have before the
 * others comes last.
 */
export async function changeInTurn(
  session: Session,
  trust: MeshTrust,
  { clusters, gate }: { readonly clusters: readonly ClusterSpec[]; readonly gate: HealthGate },
): Promise<ChangedClusters> {
  const names = clusters.map(({ name }) => name);
  const done: ChangedClusters[] = [];
  for (const [at, spec] of clusters.entries()) {
    try {
      done.push(await changeClusters(session, trust, [spec]));
      if (at + 1 < clusters.length) await gate(names.slice(0, at + 1));
    } catch (error) {
      throw stoppedAt(error, names, at);
    }
    const rest = names.slice(at + 1).join(', ');
    if (rest)
      note(session.context.reporter, {
        level: 'info',
        code: 'CLUSTER_DONE',
        message: `${spec.name} is changed and well; next: ${rest}`,
        cluster: spec.name,
      });
  }
  const services = await servicesOfAll(session, clusters);
  return {
    clusters: done.flatMap((one) => one.clusters),
    changes: [...done.flatMap(({ changes }) => changes), ...services],
  };
}

async function servicesOfAll(session: Session, specs: readonly ClusterSpec[]) {
  const { topology, reporter, signal } = session.context;
  const clusters = await Promise.all(specs.map((spec) => session.cluster(spec)));
  const rest = topology.clusters.filter((spec) => !specs.includes(spec));
  const others = await membersAmong(session, rest);
  const unreachable = await unseenBesides(session, [...clusters, ...others]);
  const changes = await ensureServices({ topology, clusters, others, unreachable, reporter, signal });
  return changes.filter(({ action }) => action !== 'none');
}

/** The error of a cluster, as one of the whole: its code, what was changed before it and what was not. */
function stoppedAt(error: unknown, names: readonly string[], at: number): unknown {
  if (!isIsthmusError(error)) return error;
  const [before, after] = [names.slice(0, at), names.slice(at + 1)].map((some) => some.join(', ') || 'none');
  return new IsthmusError(error.code, `stopped at ${names[at]}: ${error.message}`, {
    cause: error,
    hint: error.hint,
    where: error.where,
    packages: error.packages,
    problems: [
      ...error.problems,
      { message: `changed before: ${before}` },
      { message: `begun: ${names[at]}` },
      { message: `not changed: ${after}` },
    ],
  });
}
