import type { ServiceRow } from '../../../report/index.ts';
import { valuesOf } from './entries.ts';

/** One service as all callers have it. */
export interface ServiceAcross {
  readonly service: string;
  readonly callers: readonly { readonly cluster: string; readonly row: ServiceRow }[];
  readonly differs: number;
  readonly untold: number;
}

/** The same while it is gathered. */
interface Gathered {
  readonly service: string;
  readonly callers: { readonly cluster: string; readonly row: ServiceRow }[];
  differs: number;
  untold: number;
}

/** Every service that some caller knows, those that differ first. */
export function servicesAcross(): ServiceAcross[] {
  const all = new Map<string, Gathered>();
  for (const caller of valuesOf('endpoints'))
    for (const row of caller.services) {
      const known = all.get(row.service);
      const one = known ?? { service: row.service, callers: [], differs: 0, untold: 0 };
      if (!known) all.set(row.service, one);
      one.callers.push({ cluster: caller.cluster, row });
      if (row.state === 'differs') one.differs += 1;
      if (row.state === 'untold') one.untold += 1;
    }
  return [...all.values()].sort(
    (a, b) => b.differs - a.differs || b.untold - a.untold || (a.service < b.service ? -1 : 1),
  );
}
