import type { MeshFile } from '../schema/mesh-schema.ts';
import type { Fault } from './fault.ts';

/** A cluster's CA must end before the root that signs it. */
export function trustFaults({ rootYears, intermediateDays, root }: MeshFile['spec']['trust']): Fault[] {
  if (root || intermediateDays <= rootYears * 365) return [];
  return [
    {
      path: ['spec', 'trust', 'intermediateDays'],
      message: `intermediateDays ${intermediateDays} is longer than the root’s life of ${rootYears === 1 ? 'one year' : `${rootYears} years`}`,
      hint: 'make intermediateDays smaller or rootYears larger',
    },
  ];
}
