import { IsthmusError } from '../errors/index.ts';
import type { Drill } from './drill.ts';
import { failover } from './failover/failover.ts';
import { isolation } from './isolation/isolation.ts';
import { residency } from './residency/residency.ts';
import { scale } from './scale/scale.ts';
import { canary } from './weights/canary.ts';
import { migrate } from './weights/migrate.ts';

/** Every drill, in the order in which they are listed. */
export const drills: readonly Drill[] = [failover, canary, migrate, isolation, residency, scale];

/** DRILL_UNKNOWN names those that there are. */
export function drillOf(id: string): Drill {
  const found = drills.find((drill) => drill.id === id);
  if (found) return found;
  throw new IsthmusError('DRILL_UNKNOWN', `there is no drill ${id}`, {
    hint: `choose one of ${drills.map((drill) => drill.id).join(', ')}`,
  });
}
