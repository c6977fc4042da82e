import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import {
  ensureControlPlane,
  ensureGateways,
  ensureRemoteSecrets,
  ensureSamples,
  ensureServices,
} from '../../istio/index.ts';
import type { ObjectChange } from '../../kubernetes/index.ts';
import { allOf } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type CheckResult, note, type Reporter, span } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import { refuseForeignIstio } from '../session/foreign-istio.ts';
import { installMissing } from '../session/requirements.ts';
import { forEachCluster, type Operation, Session } from '../session/session.ts';
import { withKnownPeers } from '../session/source-ranges.ts';
import { ensureClusterTrust, type MeshTrust, openTrust } from '../trust/mesh-trust.ts';
import { checkMesh } from './check.ts';
import { undoExpired } from './drill.ts';

export interface UpOptions extends Operation {
  /** Install missing Debian packages instead of failing with TOOL_MISSING. */
  readonly install?: boolean;
  /** Milliseconds that the closing checks may need until all pass; as long as load balancers take there by default. */
  readonly wait?: number | undefined;
  /** Put a new root in place of one whose key is lost, or of those of clusters that disagree. */
  readonly replaceRoot?: boolean;
  /** Leave the closing checks out. */
  readonly skipChecks?: boolean;
}

export interface UpResult {
  /** Names of clusters that the provider had to create, start or change. */
  readonly clusters: readonly string[];
  /** Every object that was created, updated or removed. */
  readonly changes: readonly ObjectChange[];
  readonly results: readonly CheckResult[];
}

/**
 * Build the mesh of the file, or mend whatever differs from it: clusters, trust, istiod, gateways,
 * remote secrets and samples, parallel across clusters; then prove it with the checks. Converges
 * when repeated, also after being killed at any point. Clusters that fail keep none of the others
 * from being linked, and are what it throws in the end.
 */
export async function upMesh(options: UpOptions): Promise<UpResult> {
  const session = new Session(options);
  await requireAll(session, options);
  await refuseForeignIstio(session);
  const trust = await openTrust(session, options.replaceRoot ?? false);
  const { built, linked } = await buildAndLink(session, trust);
  await warnOfUnwanted(session);
  const changes = [...built.flatMap((one) => one.changes), ...linked].filter(
    ({ action }) => action !== 'none',
  );
  const results = options.skipChecks
    ? []
    : await checkMesh({ ...options, session, wait: options.wait ?? (await longestPatience(session)) });
  return {
    clusters: built.filter((one) => one.changed).map((one) => one.cluster.spec.name),
    changes,
    results,
  };
}

async function longestPatience(session: Session): Promise<number> {
  const patience = (await session.providers()).flatMap(({ provider, clusters }) =>
    clusters.map((spec) => provider.capabilities(spec).patience.loadBalancersMs),
  );
  return Math.max(...patience);
}

interface BuiltMesh {
  readonly built: readonly Built[];
  readonly linked: readonly ObjectChange[];
}

/** Throws what failed, once everything else is done: tokens of clusters that are well must not end meanwhile. */
async function buildAndLink(session: Session, trust: MeshTrust): Promise<BuiltMesh> {
  const { clusters } = session.topology;
  const building = clusters.map((spec) => claimedBuild(session, spec, trust));
  const settled = await Promise.allSettled(building);
  const well = settled.flatMap((one) => (one.status === 'fulfilled' ? one.value.cluster : []));
  const partial = well.length < clusters.length;
  const linking =
    well.length > 0 && !(partial && session.context.signal.aborted) ? linkClusters(session, well) : [];
  if (partial) noteMissing(session, well);
  const names = clusters.map(({ name }) => name);
  const [built, linked] = await allOf([allOf(building, { names, things: 'clusters' }), linking], {
    things: 'parts',
  });
  return { built, linked };
}

function noteMissing({ topology, context }: Session, well: readonly MeshCluster[]): void {
  const linked = well.map(({ spec }) => spec.name);
  const rest = topology.clusters.map(({ name }) => name).filter((name) => !linked.includes(name));
  if (linked.length === 0 || context.signal.aborted) return;
  const message = `${rest.join(', ')} failed; gateways and remote secrets of ${linked.join(', ')} go on`;
  note(context.reporter, 'warn', 'CLUSTERS_LEFT_OUT', message, { data: { linked, failed: rest } });
}

async function requireAll(session: Session, options: UpOptions): Promise<void> {
  for (const { provider, clusters } of await session.providers()) {
    let unmet = await provider.missingRequirements(session.context, clusters);
    if (unmet.length > 0 && options.install) {
      await installMissing(unmet, session.context);
      unmet = await provider.missingRequirements(session.context, clusters);
    }
    const [first] = unmet;
    if (!first) continue;
    if (unmet.length === 1 || !isIsthmusError(first)) throw first;
    throw new IsthmusError(first.code, `${unmet.length} requirements are not met`, {
      hint: first.hint,
      problems: unmet.map((error) => ({
        message: error.message,
        ...(isIsthmusError(error) && error.hint ? { hint: error.hint } : {}),
      })),
    });
  }
}

interface Built {
  readonly cluster: MeshCluster;
  readonly changed: boolean;
  readonly changes: readonly ObjectChange[];
}

/** A cluster that fails decides on no root, so that none waits for it. */
async function claimedBuild(session: Session, spec: ClusterSpec, trust: MeshTrust): Promise<Built> {
  try {
    return await buildCluster(session, spec, trust);
  } catch (error) {
    trust.claim.lost(spec.name);
    throw error;
  }
}

async function buildCluster(session: Session, spec: ClusterSpec, trust: MeshTrust): Promise<Built> {
  const { topology, signal, reporter } = session.context;
  return span(reporter, { title: 'cluster and control plane', cluster: spec.name }, async (handle) => {
    const provider = await session.provider(spec.provider);
    const changed = await provider.ensure(session.contextFor(handle), spec);
    const cluster = await session.cluster(spec);
    const common = { topology, cluster, reporter: handle, signal };
    await undoExpired([cluster], common);
    const authority = await ensureClusterTrust(trust, common);
    const control = await ensureControlPlane(common);
    const changes = [...authority, ...control];
    if (!changed && changes.every(({ action }) => action === 'none')) handle.ends('unchanged');
    return { cluster, changed, changes };
  });
}

/**
 * Gateways and samples need only their own istiod; remote secrets need every API server; what is wanted
 * of services needs gateways that know them.
 */
async function linkClusters(session: Session, clusters: readonly MeshCluster[]): Promise<ObjectChange[]> {
  const { topology, signal, reporter } = session.context;
  const workloads = forEachCluster(
    clusters.map((cluster) => ({ name: cluster.spec.name, cluster })),
    ({ cluster }) => deployWorkloads(session, cluster),
  );
  const secrets = span(reporter, { title: 'remote secrets' }, async (handle) => {
    const context = session.contextFor(handle);
    await allOf(
      clusters.map(async ({ spec }) => (await session.provider(spec.provider)).admitPeers?.(context, spec)),
    );
    const changes = await ensureRemoteSecrets({ topology, clusters, reporter: handle, signal });
    if (changes.every(({ action }) => action === 'none')) handle.ends('unchanged');
    return changes;
  });
  const [deployed, exchanged] = await allOf([workloads, secrets], { things: 'parts' });
  const services = await ensureServices({ topology, clusters, reporter, signal });
  return [...deployed.flat(), ...exchanged, ...services];
}

async function deployWorkloads(session: Session, cluster: MeshCluster): Promise<ObjectChange[]> {
  const { topology, signal, reporter } = session.context;
  return span(reporter, { title: 'gateways and samples', cluster: cluster.spec.name }, async (handle) => {
    const known = { ...cluster, spec: await withKnownPeers(session, cluster.spec) };
    const common = { topology, cluster: known, reporter: handle as Reporter, signal };
    const [gateways, samples] = await allOf([ensureGateways(common), ensureSamples(common)]);
    const changes = [...gateways, ...samples];
    if (changes.every(({ action }) => action === 'none')) handle.ends('unchanged');
    return changes;
  });
}

/** A cluster taken out of the file is never deleted by `up`; it is named with the command that does. */
async function warnOfUnwanted(session: Session): Promise<void> {
  const wanted = new Set(session.topology.clusters.map(({ name }) => name));
  for (const { provider } of await session.providersWithClusters()) {
    for (const name of await provider.list(session.context)) {
      if (wanted.has(name)) continue;
      note(
        session.context.reporter,
        'warn',
        'CLUSTER_NOT_IN_FILE',
        `cluster ${name} exists but the file no longer has it; remove it with \`isthmus down ${name}\``,
        { cluster: name },
      );
    }
  }
}
