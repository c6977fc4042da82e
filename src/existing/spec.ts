import { IsthmusError } from '../errors/index.ts';
import type { ClusterSpec, ExistingClusterSpec } from '../topology/index.ts';

/** The specification as this provider's own; another provider's is a defect. */
export function existing(cluster: ClusterSpec): ExistingClusterSpec {
  if (cluster.provider === 'existing') return cluster;
  throw new IsthmusError(
    'BUG',
    `cluster ${cluster.name} of provider ${cluster.provider} is not an existing one`,
  );
}
