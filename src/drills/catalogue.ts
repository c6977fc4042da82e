import { IsthmusError } from '../errors/index.ts';
import type { Drill } from './drill.ts';
import { failover } from './failover/failover.ts';

/** Every drill, in the order in which they are listed. */
export const drills: readonly Drill[] = [failover];

/** DRILL_UNKNOWN names those that there are. */
export function drillOf(id: string): Drill {
  const found = drills.find((drill) => drill.id === id);
  if (found) return found;
  throw new IsthmusError('DRILL_UNKNOWN', `there is no drill ${id}`, {
    hint: `choose one of ${drills.map((drill) => drill.id).join(', ')}`,
  });
}
