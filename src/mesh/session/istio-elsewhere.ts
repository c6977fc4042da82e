import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { istiodNamespaces } from '../../istio/index.ts';
import type { KubeObject } from '../../kubernetes/index.ts';
import {
  type ClusterSpec,
  type ExistingClusterSpec,
  istioNamespaceOf,
  placeInFile,
} from '../../topology/index.ts';
import type { Session } from './session.ts';

/** An istiod that is in another namespace than the file says, so that `up` would install a second one. */
export interface IstioElsewhere {
  readonly spec: ExistingClusterSpec;
  /** Where it is. */
  readonly namespace: string;
}

/**
 * Look for such istiods in those of the clusters that exist already. Where the file states the namespace,
 * somebody else's istiods may be in others; what isthmus made or took over it does not move. Clusters that cannot be
 * looked at are left to those who work on them.
 */
export async function istiosElsewhere(
  session: Session,
  clusters: readonly ClusterSpec[],
): Promise<IstioElsewhere[]> {
  const found = await Promise.all(
    clusters.flatMap((spec) => (spec.provider === 'existing' ? [elsewhereIn(session, spec)] : [])),
  );
  return found.flatMap((one) => one ?? []);
}

async function elsewhereIn(session: Session, spec: ExistingClusterSpec): Promise<IstioElsewhere | undefined> {
  const { signal } = session.context;
  try {
    const { kube } = await session.cluster(spec);
    const counts = spec.istioNamespace === undefined ? () => true : isOurs;
    const namespaces = await istiodNamespaces(kube, { signal }, counts);
    const [namespace] = namespaces;
    if (namespace === undefined || namespaces.includes(istioNamespaceOf(spec))) return undefined;
    return { spec, namespace };
  } catch (error) {
    if (isIsthmusError(error) && error.code !== 'INTERRUPTED' && error.code !== 'BUG') return undefined;
    throw error;
  }
}

const isOurs = ({ metadata }: KubeObject): boolean =>
  metadata?.labels?.['app.kubernetes.io/managed-by'] === 'isthmus';

export const elsewhereMessage = ({ spec, namespace }: IstioElsewhere): string =>
  `cluster ${spec.name}: its istiod is in namespace ${namespace}, the file has ${istioNamespaceOf(spec)}${spec.istioNamespace === undefined ? ' as it says no other' : ''}`;

/** Throws MESH_FILE_INVALID for the first of them, before anything is written into any cluster. */
export async function refuseIstioElsewhere(
  session: Session,
  clusters: readonly ClusterSpec[],
): Promise<void> {
  const [first] = await istiosElsewhere(session, clusters);
  if (!first) return;
  const path = ['spec', 'clusters', first.spec.index, 'istioNamespace'];
  const where = await placeInFile(session.topology, path);
  throw new IsthmusError('MESH_FILE_INVALID', elsewhereMessage(first), {
    ...(where ? { where } : {}),
    hint: `write \`istioNamespace: ${first.namespace}\` on cluster ${first.spec.name}; a second istiod beside it would fight with it over the webhooks`,
  });
}
