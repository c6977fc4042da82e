import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import { istioNamespaceOf } from '../../../topology/index.ts';

/** A remote secret of one cluster is about a peer. */
export interface Holding {
  readonly cluster: MeshCluster;
  readonly peer: MeshCluster;
}

export type SecretSubject = Pick<Finding, 'cluster' | 'object' | 'peer'>;

export const subjectOf = ({ spec }: MeshCluster, secret: string): SecretSubject => ({
  cluster: spec.name,
  object: `Secret ${istioNamespaceOf(spec)}/${secret}`,
});
