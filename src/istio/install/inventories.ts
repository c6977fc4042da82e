import { SYSTEM_NAMESPACE } from '../names.ts';
import type { Stage } from './mesh-objects.ts';

/** Where the list of a stage's objects is kept; `trust` holds the namespace that `cacerts` needs early. */
export const inventoryOf = (stage: Stage | 'trust') => ({ name: stage, namespace: SYSTEM_NAMESPACE });
