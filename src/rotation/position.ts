import type { ClusterTrust } from './observation.ts';

/**
 * Where one cluster stands on the way to a new root:
 * `old` trusts old roots alone; `both` trusts both and signs with the old; `signing` trusts both and
 * signs with the new; `new` trusts the new alone. `broken` signs with what it does not trust.
 */
export type ClusterPosition = 'old' | 'both' | 'signing' | 'new' | 'broken';

/** What comes next for the whole mesh. `finished` means that all is applied; its gates may still be open. */
export type NextPhase = 'trust-both' | 'sign-new' | 'drop-old' | 'finished';

export interface MeshPosition {
  readonly clusters: ReadonlyMap<string, ClusterPosition>;
  readonly next: NextPhase;
  /** Clusters in which `next` is still to be applied. */
  readonly lagging: readonly string[];
  /** Has any cluster stopped to trust the old roots? Then there is no way back. */
  readonly beyondReturn: boolean;
}

/** Where one cluster stands on the way to the root with this fingerprint. */
export function clusterPosition({ signer, roots }: ClusterTrust, target: string): ClusterPosition {
  const trusted = new Set(roots);
  if (signer === undefined || !trusted.has(signer)) return 'broken';
  if (!trusted.has(target)) return 'old';
  if (trusted.size === 1) return 'new';
  return signer === target ? 'signing' : 'both';
}

const order = ['old', 'both', 'signing', 'new'] as const;
const phases = ['trust-both', 'sign-new', 'drop-old', 'finished'] as const;

/**
 * Where a mesh stands, from its clusters' certificates and nothing else, so that any isthmus on any
 * machine finds it again. The cluster that is least far decides: no phase begins anywhere before the
 * one before it is done everywhere. A broken cluster counts as one that has done nothing.
 */
export function positionOf(observations: readonly ClusterTrust[], target: string): MeshPosition {
  const clusters = new Map(observations.map((one) => [one.cluster, clusterPosition(one, target)]));
  const ranks = [...clusters].map(([cluster, position]) => ({ cluster, rank: rankOf(position) }));
  const least = Math.min(order.length - 1, ...ranks.map(({ rank }) => rank));
  const lagging = ranks.filter(({ rank }) => rank === least).map(({ cluster }) => cluster);
  return {
    clusters,
    next: phases[least] ?? 'finished',
    lagging: least === order.length - 1 ? [] : lagging,
    beyondReturn: [...clusters.values()].includes('new'),
  };
}

const rankOf = (position: ClusterPosition): number => Math.max(0, order.indexOf(position as 'old'));
