import type { ClusterProvider, ProviderChange } from '../../provider/index.ts';
import type { UnseenCluster } from '../../report/index.ts';
import type { ClusterSpec, ProviderName } from '../../topology/index.ts';
import { unseenOf } from '../session/reach-cluster.ts';
import type { Session } from '../session/session.ts';

/** What providers would do, and what they could not look at. */
export interface ProviderPlans {
  readonly changes: readonly ProviderChange[];
  readonly unseen: readonly UnseenCluster[];
}

interface AskedPlans extends ProviderPlans {
  /** Those that could be loaded. */
  readonly providers: readonly ClusterProvider[];
}

/** Every provider's part; where one cannot look at a cluster, it still looks at its others. */
export async function providerPlans(session: Session): Promise<AskedPlans> {
  const names = [...new Set(session.topology.clusters.map(({ provider }) => provider))];
  const plans = await Promise.all(names.map((name) => planOf(session, name)));
  const changes = plans.flatMap((plan) => plan.changes);
  const blind = changes.flatMap(({ unseen }) => unseen ?? []);
  return {
    changes,
    unseen: [...plans.flatMap(({ unseen }) => unseen), ...blind],
    providers: plans.flatMap(({ providers }) => providers),
  };
}

/** Where what a provider needs cannot be had, that is why none of its clusters can be looked at. */
async function planOf(session: Session, name: ProviderName): Promise<AskedPlans> {
  const clusters = session.topology.clusters.filter(({ provider }) => provider === name);
  try {
    const provider = await session.provider(name);
    return { ...(await planTogether(session, provider, clusters)), providers: [provider] };
  } catch (error) {
    return { changes: [], unseen: clusters.map((spec) => unseenOf(spec.name, error)), providers: [] };
  }
}

async function planTogether(
  session: Session,
  provider: ClusterProvider,
  clusters: readonly ClusterSpec[],
): Promise<ProviderPlans> {
  try {
    return { changes: await provider.plan(session.context, clusters), unseen: [] };
  } catch (error) {
    const [first, ...others] = clusters;
    if (first && others.length === 0) return { changes: [], unseen: [unseenOf(first.name, error)] };
    const each = await Promise.all(clusters.map((spec) => planTogether(session, provider, [spec])));
    return {
      changes: distinct(each.flatMap(({ changes }) => changes)),
      unseen: each.flatMap(({ unseen }) => unseen),
    };
  }
}

/** Asked one by one, each answer names the clusters that the file no longer has. */
function distinct(changes: readonly ProviderChange[]): ProviderChange[] {
  return [
    ...new Map(
      changes.map((change) => [`${change.cluster} ${change.action} ${change.what}`, change]),
    ).values(),
  ];
}

/** What providers tell besides changes, such as costs, and what they saw of clusters that stay as they are. */
export async function providerNotes(session: Session, { changes, providers }: AskedPlans): Promise<string[]> {
  const seen = changes
    .filter(({ action }) => action === 'none')
    .flatMap(({ cluster, details }) => details.map((detail) => `${cluster}: ${detail}`));
  const notes = await Promise.all(
    providers.map(async (provider) => (await provider.notes?.(session.context)) ?? []),
  );
  return [...seen, ...notes.flat()];
}
