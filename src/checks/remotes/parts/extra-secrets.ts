import type { RemoteSecretState } from '../../../istio/index.ts';
import { sameAddress } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { type Findings, failures } from '../../engine/findings.ts';
import { subjectOf } from './secret-subject.ts';

/** Remote secrets about what is no other cluster of the mesh. */
export function extraSecrets(
  cluster: MeshCluster,
  states: readonly RemoteSecretState[],
  { topology }: CheckRunContext,
): Findings {
  const known = new Set(
    topology.clusters.map(({ name }) => name).filter((name) => name !== cluster.spec.name),
  );
  return failures(
    ...states
      .filter(({ peer }) => !known.has(peer))
      .map((state) => ({
        ...subjectOf(cluster, state.secret),
        ...extraOf(cluster, state, states),
        fix: `kubectl --context {context} -n {istioNamespace} delete secret ${state.secret}`,
      })),
  );
}

function extraOf(
  cluster: MeshCluster,
  { peer, server }: RemoteSecretState,
  states: readonly RemoteSecretState[],
): Pick<Finding, 'message' | 'cause'> {
  const stayed = 'a cluster was removed or renamed and its secret stayed; istiod goes on asking it';
  if (peer === cluster.spec.name) return { message: 'is about its own cluster', cause: stayed };
  const twin = states.find((one) => one.peer !== peer && sameAddress(one.server, server));
  if (!twin) return { message: `is about ${peer}, which the mesh does not have`, cause: stayed };
  return {
    message: `is about ${peer}, whose API server ${server} is that of ${twin.peer} in ${twin.secret}`,
    cause: 'one cluster is read under two names, so that each of its pods counts twice',
  };
}
