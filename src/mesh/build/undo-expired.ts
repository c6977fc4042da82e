import { undoDrills } from '../../drills/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { note, type Reporter } from '../../report/index.ts';

/** Take back what drills left past their deadline, and say so. */
export async function undoExpired(
  clusters: readonly MeshCluster[],
  { reporter, signal }: { reporter: Reporter; signal: AbortSignal },
): Promise<void> {
  const undone = await undoDrills({ clusters, expiredOnly: true, reporter, signal });
  for (const { cluster, drill, who, problems } of undone) {
    const left = problems.length > 0 ? `; ${problems.join('; ')}` : '';
    note(reporter, {
      level: 'warn',
      code: 'DRILL_UNDONE',
      message: `undid the drill ${drill} that ${who} never ended${left}`,
      cluster,
    });
  }
}
