import {
  type EnsureOptions,
  ensureControlPlane,
  ensureGateways,
  ensureSamples,
  ensureServices,
  ensureTrust,
} from '../../istio/index.ts';
import type { ObjectChange } from '../../kubernetes/index.ts';
import type { MeshCluster, ProviderChange } from '../../provider/index.ts';
import { type ClusterPlan, type PlanChange, type UnseenCluster, unseenState } from '../../report/index.ts';
import type { ClusterSpec, Topology } from '../../topology/index.ts';
import { reachCluster, unseenOf } from '../session/reach-cluster.ts';
import type { Session } from '../session/session.ts';
import { withKnownPeers } from '../session/source-ranges.ts';
import type { TrustDecision } from '../trust/decide-trust.ts';
import { isUnderRotation } from '../trust/next-root.ts';
import type { ProviderPlans } from './provider-plans.ts';

/** What `up` does in a cluster that does not exist yet, in its order. */
const everything = [
  'certificate authority',
  'istiod',
  'ingress and east-west gateways',
  'remote secrets of its peers',
];

export interface PlanningOptions {
  readonly provided: ProviderPlans;
  /** Undefined if `up` would refuse. */
  readonly trust: TrustDecision | undefined;
}

/** One cluster's plan, and the cluster itself if it answers. */
export interface PlannedCluster {
  readonly cluster?: MeshCluster | undefined;
  readonly plan: ClusterPlan;
}

/**
 * What `up` would change in one cluster. Only one that its provider would create is shown as new;
 * of one that cannot be looked at the plan says why, and no more than its provider's part.
 */
export async function planCluster(
  session: Session,
  spec: ClusterSpec,
  { provided, trust }: PlanningOptions,
): Promise<PlannedCluster> {
  const own = provided.changes.filter(({ cluster }) => cluster === spec.name);
  const changes = own.filter(({ action }) => action !== 'none').map(providerChange);
  const base = { cluster: spec.name, provider: spec.provider };
  const blind = (unseen: UnseenCluster, more: readonly PlanChange[] = []): PlannedCluster => ({
    plan: { ...base, state: unseenState(unseen.code), unseen, changes: [...changes, ...more] },
  });
  const unseen = provided.unseen.find(({ cluster }) => cluster === spec.name);
  const isNew = own.some(({ action }) => action === 'create');
  if (unseen) return blind(unseen, isNew ? fromNothing(session.topology) : []);
  if (isNew) {
    const all = [...changes, ...fromNothing(session.topology)];
    return { plan: { ...base, state: 'absent', changes: all } };
  }
  const reached = await reachCluster(session, spec);
  if (!reached.cluster) return blind(reached.unseen);
  try {
    const objects = await objectChanges(session, reached.cluster, trust);
    return { ...reached, plan: { ...base, state: 'present', changes: [...changes, ...objects] } };
  } catch (error) {
    return blind(unseenOf(spec.name, error));
  }
}

const providerChange = ({ action, what, details }: ProviderChange): PlanChange => ({
  action,
  what,
  details: [...details],
});

function fromNothing({ samples, services }: Topology): PlanChange[] {
  const steps = [
    ...everything,
    ...(samples ? ['samples sleep and helloworld'] : []),
    ...(services.length > 0 ? [`what is wanted of ${services.map(({ host }) => host).join(', ')}`] : []),
  ];
  return steps.map((what) => ({ action: 'create', what, details: [] }));
}

async function objectChanges(
  session: Session,
  cluster: MeshCluster,
  trust: TrustDecision | undefined,
): Promise<PlanChange[]> {
  const { topology, reporter, signal } = session.context;
  const known = { ...cluster, spec: await withKnownPeers(session, cluster.spec) };
  const common = { topology, cluster: known, reporter, signal, dryRun: true };
  const stages = await Promise.all([
    trust ? plannedTrust(common, trust) : [],
    ensureControlPlane(common),
    ensureGateways(common),
    ensureSamples(common),
    ensureServices({ ...common, clusters: [cluster] }),
  ]);
  const changed = stages.flat().filter(({ action }) => action !== 'none');
  return changed.map(objectChange);
}

async function plannedTrust(
  common: EnsureOptions,
  { roots, issuer }: TrustDecision,
): Promise<ObjectChange[]> {
  const rotating = await isUnderRotation(common.topology, roots);
  return ensureTrust({ ...common, roots, issuer, rotating });
}

/** One object's line of the plan. */
export function objectChange({ action, object, diff }: ObjectChange): PlanChange {
  const name = object.namespace ? `${object.namespace}/${object.name}` : object.name;
  return { action, what: `${object.kind} ${name}`, details: [...diff] };
}
