import type { TrustView } from '../../report/index.ts';
import { positionOf } from '../../rotation/index.ts';
import type { Json, RotationState } from '../state/panels.ts';

/**
 * Where the mesh stands on the way to a new root, from what its clusters trust and sign with: of several
 * roots the one that was made last is the new one. Undefined while nothing is known of any root.
 */
export function rotationState(views: readonly Json<TrustView>[]): RotationState | undefined {
  const roots = views.flatMap((view) => view.roots);
  const newest = roots.toSorted((a, b) => a.notBefore.localeCompare(b.notBefore)).at(-1);
  if (!newest) return undefined;
  const target = newest.fingerprint;
  if (roots.every(({ fingerprint }) => fingerprint === target))
    return { phase: 'at rest', target, clusters: {}, lagging: [] };
  const trusts = views
    .filter((view) => view.roots.length > 0)
    .map(({ cluster, signer, roots: own }) => ({
      cluster,
      signer,
      roots: own.map(({ fingerprint }) => fingerprint),
    }));
  const { clusters, next, lagging } = positionOf(trusts, target);
  return { phase: next, target, clusters: Object.fromEntries(clusters), lagging };
}
