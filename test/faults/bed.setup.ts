import { existsSync } from 'node:fs';
import { Bed } from '../e2e/bed.ts';
import { bringUpSharedBed } from '../e2e/shared-bed.ts';

/** The shared bed; or, with ISTHMUS_FAULT_BED, the mesh of the mesh.yaml in that folder, which is up already. */
export default async function faultBed(): Promise<() => Promise<void>> {
  const folder = process.env['ISTHMUS_FAULT_BED'];
  if (!folder) return bringUpSharedBed('e2e');
  const bed = new Bed('faults', folder);
  if (!existsSync(bed.file)) throw new Error(`ISTHMUS_FAULT_BED has no mesh.yaml: ${folder}`);
  process.env['ISTHMUS_E2E_BED'] = folder;
  return async () => {};
}
