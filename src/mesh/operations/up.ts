import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { type CheckResult, note } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import { type ChangedClusters, changeClusters } from '../build/change-clusters.ts';
import { completeProviders } from '../build/complete-providers.ts';
import { openHealthGate } from '../build/health-gate.ts';
import { changeInTurn } from '../build/in-turn.ts';
import { type LeftCluster, leftAsIs } from '../build/left-as-is.ts';
import { membersByName, topologyOf } from '../build/members.ts';
import { withMeshLease } from '../lease/mesh-lease.ts';
import { refuseServiceFaults } from '../plan/service-faults.ts';
import { refuseForeignIstio } from '../session/foreign-istio.ts';
import { refuseIstioElsewhere } from '../session/istio-elsewhere.ts';
import { requireIstio } from '../session/istio-version.ts';
import { namedClusters } from '../session/named-clusters.ts';
import { installMissing } from '../session/requirements.ts';
import { type Operation, Session } from '../session/session.ts';
import { openTrust } from '../trust/mesh-trust.ts';
import { checkMesh } from './check.ts';

/** What {@link upMesh} takes. */
export interface UpOptions extends Operation {
  /** Only these clusters of the file, in this order where one goes after another; all of them when empty. */
  readonly clusters?: readonly string[];
  /** One cluster after another, with checks between two and a stop at the first failure. */
  readonly sequential?: boolean;
  /** Install missing Debian packages instead of failing with TOOL_MISSING. */
  readonly install?: boolean;
  /** Milliseconds that the closing checks may need until all pass; as long as load balancers take there by default. */
  readonly wait?: number | undefined;
  /** Put a new root in place of one whose key is lost, or of those of clusters that disagree. */
  readonly replaceRoot?: boolean;
  /** Leave the closing checks out. */
  readonly skipChecks?: boolean;
}

/** What {@link upMesh} did. */
export interface UpResult extends ChangedClusters {
  /** Clusters of the file that were not named, and so stayed as they are but for their links. */
  readonly left: readonly LeftCluster[];
  /** Of the closing checks; empty where they were left out. */
  readonly results: readonly CheckResult[];
}

/**
 * Build the mesh of the file, or mend whatever differs from it: clusters, trust, istiod, gateways,
 * remote secrets and samples, parallel across clusters; then prove it with the checks. Converges
 * when repeated, also after being killed at any point. Clusters that fail keep none of the others
 * from being linked, and are what it throws in the end. Of clusters that are not named only what links
 * them with named ones is kept true. FLAGS_INVALID for a name that the file does not have.
 */
export async function upMesh(options: UpOptions): Promise<UpResult> {
  const session = new Session(options);
  const clusters = namedClusters(options.topology, options.clusters ?? []);
  await requireAll(session, clusters, options);
  const wait = options.wait ?? (await longestLoadBalancerTimeout(session));
  const held = { ...options, signal: session.context.signal, wait };
  await requireIstio(session, clusters);
  await refuseForeignIstio(session, clusters);
  await refuseIstioElsewhere(session, clusters);
  await refuseServiceFaults(session);
  const result = await withMeshLease(session, ['up', ...(options.clusters ?? [])].join(' '), async () => {
    const changed = await change(session, clusters, held);
    await warnOfUnwanted(session);
    const rest = options.topology.clusters.filter((spec) => !clusters.includes(spec));
    const left = await leftAsIs(session, rest);
    const results = options.skipChecks ? [] : await closingChecks(session, clusters, held);
    return { ...changed, left, results };
  });
  await completeProviders(session, clusters);
  return result;
}

/** Clusters that were left as they are count where they are in the mesh already. */
async function closingChecks(
  session: Session,
  named: readonly ClusterSpec[],
  options: UpOptions & { readonly wait: number },
): Promise<CheckResult[]> {
  if (named.length === options.topology.clusters.length) return checkMesh({ ...options, session });
  const looked = new Set([...(await membersByName(session)), ...named.map(({ name }) => name)]);
  return checkMesh({ ...options, session, topology: topologyOf(options.topology, looked) });
}

async function change(
  session: Session,
  clusters: readonly [ClusterSpec, ...ClusterSpec[]],
  options: UpOptions & { readonly wait: number },
): Promise<ChangedClusters> {
  const { sequential = false, replaceRoot = false } = options;
  const first = sequential ? clusters.slice(0, 1) : clusters;
  if (!sequential) return changeClusters(session, await openTrust(session, { replaceRoot, first }), clusters);
  const check = (names: readonly string[], topology: Operation['topology']) =>
    checkMesh({ ...options, topology, session, names, wait: 0 });
  const gate = await openHealthGate(session, { check, waitMs: options.wait });
  return changeInTurn(session, await openTrust(session, { replaceRoot, first }), { clusters, gate });
}

async function longestLoadBalancerTimeout(session: Session): Promise<number> {
  const timeouts = (await session.providers()).flatMap(({ provider, clusters }) =>
    clusters.map((spec) => provider.capabilities(spec).timeouts.loadBalancersMs),
  );
  return Math.max(...timeouts);
}

async function requireAll(
  session: Session,
  named: readonly ClusterSpec[],
  options: UpOptions,
): Promise<void> {
  for (const { provider, clusters } of await session.providers()) {
    const wanted = clusters.filter((spec) => named.includes(spec));
    if (wanted.length === 0) continue;
    let missing = await provider.missingRequirements(session.context, wanted);
    if (missing.length > 0 && options.install) {
      await installMissing(missing, session.context);
      missing = await provider.missingRequirements(session.context, wanted);
    }
    const [first] = missing;
    if (!first) continue;
    if (missing.length === 1 || !isIsthmusError(first)) throw first;
    throw new IsthmusError(first.code, `${missing.length} requirements are not met`, {
      hint: first.hint,
      problems: missing.map((error) => ({
        message: error.message,
        ...(isIsthmusError(error) && error.hint ? { hint: error.hint } : {}),
      })),
    });
  }
}

/** A cluster taken out of the file is never deleted by `up`; it is named with the command that does. */
async function warnOfUnwanted(session: Session): Promise<void> {
  const wanted = new Set(session.topology.clusters.map(({ name }) => name));
  for (const { provider } of await session.providersWithClusters()) {
    for (const name of await provider.list(session.context)) {
      if (wanted.has(name)) continue;
      note(session.context.reporter, {
        level: 'warn',
        code: 'CLUSTER_NOT_IN_FILE',
        message: `cluster ${name} exists but the file no longer has it; remove it with \`isthmus down ${name}\``,
        cluster: name,
      });
    }
  }
}
