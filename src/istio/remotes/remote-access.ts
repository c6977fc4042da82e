import { IsthmusError } from '../../errors/index.ts';
import type { KubeObject } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { READER_ACCOUNT, SYSTEM_NAMESPACE } from '../names.ts';
import { lifeOfNewToken, type TokenLife } from './remote-kubeconfig.ts';

/** Marks the Secret that a holder's token is bound to; its value is the holder's name. */
export const HOLDER_LABEL = 'isthmus.io/remote-secret-holder';

/** In the target: removing this Secret revokes the token of that one holder. */
export const bindingName = (holder: string) => `isthmus-remote-reader-${holder}`;

export const bindingRef = (holder: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  namespace: SYSTEM_NAMESPACE,
  name: bindingName(holder),
});

interface TokenRequest extends KubeObject {
  readonly status?: { readonly token?: string };
}

interface TokenReview extends KubeObject {
  readonly status?: { readonly authenticated?: boolean };
}

/**
 * Ask the target for a token of Istio's reader account, for one holder and a bounded time. The API
 * server may grant less time than asked for, so the life comes from the token itself.
 */
export async function issueToken(
  target: MeshCluster,
  holder: string,
  { days, signal }: { days: number; signal: AbortSignal },
): Promise<{ token: string; life: TokenLife }> {
  const uid = await ensureBinding(target, holder, signal);
  const request: KubeObject = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name: READER_ACCOUNT, namespace: SYSTEM_NAMESPACE },
    spec: {
      expirationSeconds: days * 86_400,
      boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: bindingName(holder), uid },
    },
  };
  const of = { apiVersion: 'v1', kind: 'ServiceAccount', namespace: SYSTEM_NAMESPACE, name: READER_ACCOUNT };
  const answer = await target.kube.create<TokenRequest>(request, {
    signal,
    subresource: { of, name: 'token' },
  });
  const token = answer.status?.token ?? '';
  return { token, life: lifeOfNewToken(token, target.spec.name) };
}

async function ensureBinding(target: MeshCluster, holder: string, signal: AbortSignal): Promise<string> {
  const { object } = await target.kube.apply(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: bindingName(holder),
        namespace: SYSTEM_NAMESPACE,
        labels: { 'app.kubernetes.io/managed-by': 'isthmus', [HOLDER_LABEL]: holder },
      },
      type: 'Opaque',
    },
    { signal },
  );
  const uid = object.metadata?.uid;
  if (uid) return uid;
  throw new IsthmusError(
    'API_REFUSED',
    `${target.spec.name} returned Secret ${bindingName(holder)} without a uid`,
    {
      hint: 'try again',
    },
  );
}

/** Does the target's API server still take this token? Asked of itself, so no route to it is needed. */
export async function isAccepted(target: MeshCluster, token: string, signal: AbortSignal): Promise<boolean> {
  const review: KubeObject = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token },
  };
  const answer = await target.kube.create<TokenReview>(review, { signal });
  return answer.status?.authenticated === true;
}
