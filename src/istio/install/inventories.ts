import { type ClusterSpec, istioNamespaceOf } from '../../topology/index.ts';
import type { Stage } from './mesh-objects.ts';

/** Where the list of a stage's objects is kept; `trust` holds the namespace that `cacerts` needs early. */
export const inventoryOf = (spec: ClusterSpec, stage: Stage | 'trust') => ({
  name: stage,
  namespace: istioNamespaceOf(spec),
});
