import type { ClusterSpec } from './types.ts';

/** The kubeconfig context by which a cluster is reached: the user's own, or the one that `isthmus contexts` writes. */
export const contextOf = (spec: ClusterSpec): string =>
  spec.provider === 'existing' ? spec.context : spec.name;
