import { randomBytes } from 'node:crypto';
import { IsthmusError } from '../../errors/index.ts';
import { type KubeObject, type ObjectRef, refOf } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type ClusterSpec, istioNamespaceOf } from '../../topology/index.ts';
import { READER_ACCOUNT } from '../names.ts';
import { namePart } from './name-part.ts';

/** Marks a Secret that ends a holder's token when it is deleted; its value is the holder's name. */
export const HOLDER_LABEL = 'isthmus.io/remote-secret-holder';

/**
 * In the target: deleting this Secret revokes one token of that one holder. A holder has a second one
 * for a moment while its token is replaced, so that it is never without, hence the random end.
 */
export const newBindingName = (holder: string) =>
  `isthmus-remote-reader-${namePart(holder)}-${randomBytes(4).toString('hex')}`;

export const bindingRef = (target: ClusterSpec, name: string): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'Secret',
  namespace: istioNamespaceOf(target),
  name,
});

/** A Secret in a target that one holder's token lives by. */
export interface Binding {
  readonly name: string;
  readonly holder: string;
  readonly created: Date;
}

/** A binding younger than this may be another run's, which is about to hand its token over. */
const SETTLED_MS = 120_000;

/** Is it too old for its token to be on its way still? */
export const isSettled = ({ created }: Binding, now = Date.now()): boolean =>
  now - created.getTime() > SETTLED_MS;

/** What tokens of a target live by; of one holder, or of all that the label names. */
export async function listBindings(
  target: MeshCluster,
  { holder, signal }: { holder?: string | undefined; signal: AbortSignal },
): Promise<Binding[]> {
  const secrets = await target.kube.list('v1', 'Secret', {
    namespace: istioNamespaceOf(target.spec),
    labelSelector: holder === undefined ? HOLDER_LABEL : `${HOLDER_LABEL}=${holder}`,
    signal,
  });
  return secrets.map((secret) => ({
    name: refOf(secret).name,
    holder: secret.metadata?.labels?.[HOLDER_LABEL] ?? '',
    created: new Date(secret.metadata?.creationTimestamp ?? 0),
  }));
}

/** A Secret that a token of TokenRequest is bound to; it holds nothing. Returns its uid. */
export async function createBinding(
  target: MeshCluster,
  binding: { readonly name: string; readonly holder: string },
  signal: AbortSignal,
): Promise<string> {
  const { object } = await target.kube.apply(bindingObject(target.spec, binding, { type: 'Opaque' }), {
    signal,
  });
  const uid = object.metadata?.uid;
  if (uid) return uid;
  throw new IsthmusError('API_REFUSED', `${target.spec.name} returned Secret ${binding.name} without a uid`, {
    hint: 'try again',
  });
}

/** A Secret that the cluster's token controller puts a token into. */
export async function createTokenSecret(
  target: MeshCluster,
  binding: { readonly name: string; readonly holder: string },
  signal: AbortSignal,
): Promise<void> {
  const annotations = { 'kubernetes.io/service-account.name': READER_ACCOUNT };
  const object = bindingObject(target.spec, binding, {
    type: 'kubernetes.io/service-account-token',
    annotations,
  });
  await target.kube.apply(object, { signal });
}

function bindingObject(
  target: ClusterSpec,
  { name, holder }: { readonly name: string; readonly holder: string },
  { type, annotations }: { type: string; annotations?: Record<string, string> },
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace: istioNamespaceOf(target),
      labels: { 'app.kubernetes.io/managed-by': 'isthmus', [HOLDER_LABEL]: holder },
      ...(annotations ? { annotations } : {}),
    },
    type,
  };
}
