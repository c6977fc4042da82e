import { IsthmusError } from '../errors/index.ts';
import { clusterTag, meshTag } from './names.ts';

/** Whom a stack or EKS cluster has to belong to. */
export interface Owner {
  readonly mesh: string;
  /** Name in the file. */
  readonly cluster: string;
}

/**
 * STACK_FOREIGN unless the tags are those of the owner. A name alone says nothing: `isthmus-a-b-c` is cluster c of
 * mesh a-b as well as cluster b-c of mesh a, and anybody may have chosen it.
 */
export function requireOwn(
  what: string,
  tags: Readonly<Record<string, string>>,
  { mesh, cluster }: Owner,
): void {
  const { [meshTag]: ofMesh, [clusterTag]: ofCluster } = tags;
  if (ofMesh === mesh && ofCluster === cluster) return;
  const whose =
    ofMesh === undefined
      ? `has no tag ${meshTag}, so isthmus did not make it`
      : `is of cluster ${ofCluster ?? '(no tag)'} of mesh ${ofMesh}`;
  throw new IsthmusError('STACK_FOREIGN', `cluster ${cluster}: ${what} ${whose}`, {
    hint: `nothing of it is touched: choose another name for the cluster or the mesh; if it is this mesh's and lost its tags, give it ${meshTag}=${mesh} and ${clusterTag}=${cluster}`,
  });
}
