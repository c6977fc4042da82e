import { REMOTE_SECRET_LABEL, REMOTE_SECRETS, remoteSecretName } from '../../../istio/index.ts';
import type { Secret } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import { istioNamespaceOf } from '../../../topology/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { createRemoteSecret } from './create-remote-secret.ts';
import type { Holding } from './secret-subject.ts';

type Missing = Pick<Finding, 'message'> & Partial<Pick<Finding, 'cause' | 'fix'>>;

/** The Secret may be there without the label or the key by which istiod finds it, or where it does not look. */
export async function missingSecret(pair: Holding, context: CheckRunContext): Promise<Missing> {
  const { cluster, peer } = pair;
  const name = remoteSecretName(peer.spec.name);
  const ref = { apiVersion: 'v1', kind: 'Secret', namespace: istioNamespaceOf(cluster.spec), name };
  const secret = await cluster.kube.get<Secret>(ref, { signal: context.signal });
  if (!secret) return (await misplaced(pair, context)) ?? absent(peer);
  if (secret.metadata?.labels?.[REMOTE_SECRET_LABEL] !== 'true')
    return { message: `lacks the label ${REMOTE_SECRETS}, so istiod ignores it` };
  const keys = Object.keys(secret.data ?? {});
  if (keys.length === 0) return { message: `has no key ${peer.spec.name}` };
  return {
    message: `has no key ${peer.spec.name}, but ${keys.join(', ')}`,
    cause:
      'istiod takes the key for the name of the cluster, which its endpoints and its own istiod call otherwise',
  };
}

const absent = (peer: MeshCluster): Missing => ({
  message: `does not exist, so its istiod knows nothing of ${peer.spec.name}`,
});

/** istiod reads remote secrets of its own namespace alone. */
async function misplaced(
  { cluster, peer }: Holding,
  { signal }: CheckRunContext,
): Promise<Missing | undefined> {
  const all = await cluster.kube.list<Secret>('v1', 'Secret', { labelSelector: REMOTE_SECRETS, signal });
  const own = all.find(
    ({ metadata, data }) =>
      metadata?.namespace !== istioNamespaceOf(cluster.spec) && peer.spec.name in (data ?? {}),
  );
  if (!own) return undefined;
  const { namespace, name } = own.metadata ?? {};
  const peerName = peer.spec.name;
  return {
    message: `does not exist; Secret ${namespace}/${name} is about ${peerName}, where no istiod reads it`,
    cause: 'istiod reads remote secrets of its own namespace alone',
    fix: `${createRemoteSecret}; kubectl --context {context} -n ${namespace} delete secret ${name}`,
  };
}
