import { type KubeObject, missingRights, type Secret } from '../../kubernetes/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istioNamespaceOf, type RemoteAccessMode } from '../../topology/index.ts';
import { readerRights } from '../install/reader-role.ts';
import { READER_ACCOUNT } from '../names.ts';
import { bindingRef, createBinding, createTokenSecret, newBindingName } from './bindings.ts';
import { isShort, lifeOfNewToken, type TokenLife } from './remote-token.ts';

export interface IssueOptions {
  readonly mode: RemoteAccessMode;
  readonly days: number;
  readonly signal: AbortSignal;
}

export interface IssuedToken {
  /** A secret. */
  readonly token: string;
  readonly access: 'bounded' | 'secret';
  readonly issued: Date;
  /** Undefined for a token that does not end by itself. */
  readonly expires: Date | undefined;
  /** Deleting this Secret of the target revokes the token. */
  readonly binding: string;
  /** What the API server granted of a bounded token, also where it was too little and is not used. */
  readonly granted: TokenLife | undefined;
}

interface TokenRequest extends KubeObject {
  readonly status?: { readonly token?: string };
}

/**
 * A token of Istio's reader account of the target for one holder, revoked by deleting one Secret that no
 * other token lives by. `auto` asks for a bounded one first and takes one that lives by a
 * Secret where less than nine tenths of the days are granted.
 */
export async function issueToken(
  target: MeshCluster,
  holder: string,
  options: IssueOptions,
): Promise<IssuedToken> {
  if (options.mode === 'secret') return secretToken(target, holder, options.signal);
  const bounded = await boundedToken(target, holder, options);
  if (options.mode === 'bounded' || !bounded.granted || !isShort(bounded.granted, options.days))
    return bounded;
  const lasting = await secretToken(target, holder, options.signal);
  await target.kube.remove(bindingRef(target.spec, bounded.binding), { signal: options.signal });
  return { ...lasting, granted: bounded.granted };
}

/** The API server may grant less time than asked for, so the life comes from the token itself. */
async function boundedToken(
  target: MeshCluster,
  holder: string,
  { days, signal }: IssueOptions,
): Promise<IssuedToken> {
  const namespace = istioNamespaceOf(target.spec);
  const name = newBindingName(holder);
  const uid = await createBinding(target, { name, holder }, signal);
  const request: KubeObject = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name: READER_ACCOUNT, namespace },
    spec: {
      expirationSeconds: days * 86_400,
      boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name, uid },
    },
  };
  const of = { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name: READER_ACCOUNT };
  const answer = await target.kube.create<TokenRequest>(request, {
    signal,
    subresource: { of, name: 'token' },
  });
  const token = answer.status?.token ?? '';
  const granted = lifeOfNewToken(token, target.spec.name);
  return { token, access: 'bounded', ...granted, binding: name, granted };
}

/** One Secret per holder, so that deleting it takes access from that holder alone. */
async function secretToken(target: MeshCluster, holder: string, signal: AbortSignal): Promise<IssuedToken> {
  const name = newBindingName(holder);
  await createTokenSecret(target, { name, holder }, signal);
  const { token, issued } = await waitUntil(
    {
      what: `${target.spec.name} to put a token into Secret ${istioNamespaceOf(target.spec)}/${name}`,
      timeoutMs: 30_000,
      signal,
      hint: 'the token controller of kube-controller-manager does it; spec.istio.remoteAccess: bounded does without',
    },
    () => readTokenSecret(target, name, signal),
  );
  return { token, access: 'secret', issued, expires: undefined, binding: name, granted: undefined };
}

async function readTokenSecret(target: MeshCluster, name: string, signal: AbortSignal) {
  const secret = await target.kube.get<Secret>(bindingRef(target.spec, name), { signal });
  const token = Buffer.from(secret?.data?.['token'] ?? '', 'base64').toString('utf8');
  if (!secret || !token) throw new NotReady('there is none yet');
  return { token, issued: new Date(secret.metadata?.creationTimestamp ?? Date.now()) };
}

/** By target and istiod's namespace of the holder: that the reader account's token of one holder read all there. */
export type ProvenReaders = Map<string, Promise<void>>;

/** A token of a holder, to be tried at its target. */
export interface TriedToken {
  readonly holder: MeshCluster;
  readonly target: MeshCluster;
  readonly token: string;
}

/**
 * Resolves when the target lets this very token read all that the holder's istiod needs; TIMED_OUT says what it may
 * not. All holders' tokens are of one account with its rights, so that where those were proven by another one, this
 * must only be accepted.
 */
export async function requireAccess(
  tried: TriedToken,
  signal: AbortSignal,
  proven: ProvenReaders = new Map(),
): Promise<void> {
  const { holder, target } = tried;
  const key = `${target.spec.name}\0${istioNamespaceOf(holder.spec)}`;
  const proof = proven.get(key);
  if (!proof) {
    const reading = requireRights(tried, signal);
    proven.set(key, reading);
    return reading;
  }
  await proof;
  await waitUntil({ what: `${target.spec.name} to accept a new token`, ...trying, signal }, async () => {
    if (!(await isAccepted(target, tried.token, signal))) throw new NotReady('it does not');
  });
}

const trying = { timeoutMs: 15_000, hint: 'isthmus up puts the reader’s roles right' } as const;

async function requireRights({ holder, target, token }: TriedToken, signal: AbortSignal): Promise<void> {
  const rights = readerRights(istioNamespaceOf(holder.spec));
  const reader = target.kube.withToken(token);
  const what = `${target.spec.name} to let a new token read what istiods need`;
  await waitUntil({ what, ...trying, signal }, async () => {
    const missing = await missingRights(reader, rights, { signal });
    if (missing.length > 0)
      throw new NotReady(
        `it may not ${missing.map(({ verb, resource }) => `${verb} ${resource}`).join(', ')}`,
      );
  });
}

type TokenReview = KubeObject & { readonly status?: { readonly authenticated?: boolean } };

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
