import { randomUUID } from 'node:crypto';
import { KubeConfig } from '@kubernetes/client-node';
import type { KubeClient, KubeObject, ObjectRef } from '../../../src/kubernetes/index.ts';
import { ApiError, refKey, refOf } from '../../../src/kubernetes/index.ts';

export interface FakeClient extends KubeClient {
  readonly objects: Map<string, KubeObject>;
  /** Calls that would have changed the cluster. */
  writes: number;
  /** Seconds that a token may live at most. */
  maxTokenSeconds: number;
  /** Resources that tokens of this cluster may not read. */
  denied: readonly string[];
  /** An object's decoded data. */
  dataOf(ref: ObjectRef): Record<string, string>;
}

/**
 * An API server as far as Secrets need one: apply, get, list by labels, remove; tokens bound to a
 * Secret, which TokenReview accepts while that Secret is there; tokens in Secrets of their own; whoever
 * has a token may do everything unless `denied` says otherwise.
 */
export function fakeClient(cluster: string): FakeClient {
  const objects = new Map<string, KubeObject>();
  const absent = () => Promise.reject(new Error('not part of this fake'));
  const fake: FakeClient = {
    cluster,
    connection: {
      cluster,
      config: new KubeConfig(),
      apiServerForPeers: `https://${cluster}.example:6443`,
      certificateAuthority: `authority of ${cluster}\n`,
    },
    objects,
    writes: 0,
    maxTokenSeconds: Number.POSITIVE_INFINITY,
    denied: [],
    withToken: (token) => ({ ...fake, create: async (object) => reviewOf(fake, token, object) as never }),
    dataOf: (ref) => decoded(objects.get(refKey(ref))),
    get: async (ref) => objects.get(refKey(ref)) as never,
    list: async (_version, kind, { labelSelector = '' } = {}) =>
      [...objects.values()].filter(
        (object) => object.kind === kind && matches(object, labelSelector),
      ) as never,
    apply: async (object, options = {}) => {
      const ref = refOf(object);
      const before = objects.get(refKey(ref));
      const after = {
        ...object,
        metadata: {
          ...object.metadata,
          uid: before?.metadata?.uid ?? randomUUID(),
          creationTimestamp: before?.metadata?.creationTimestamp ?? new Date(),
        },
        ...tokenData(fake, object),
      };
      const same = JSON.stringify(before) === JSON.stringify(after);
      if (!options.dryRun) {
        fake.writes += same ? 0 : 1;
        objects.set(refKey(ref), after);
      }
      const action = before ? (same ? 'none' : 'update') : 'create';
      return { object: after as never, change: { cluster, object: ref, action, diff: [] } };
    },
    create: async (object) => {
      if (object.kind === 'Secret' && objects.has(refKey(refOf(object)))) throw alreadyExists(cluster);
      const kept = object.kind === 'Namespace' || object.kind === 'Secret';
      return (kept ? (await fake.apply(object)).object : answer(fake, object)) as never;
    },
    remove: async (ref) => {
      fake.writes += objects.delete(refKey(ref)) ? 1 : 0;
    },
    conflicts: async () => [],
    patch: absent,
    version: absent,
    exec: absent,
    logs: absent,
    raw: absent,
  };
  return fake;
}

function matches(object: KubeObject, selector: string): boolean {
  return selector
    .split(',')
    .filter(Boolean)
    .every((part) => {
      const [key = '', value] = part.split('=');
      const label = object.metadata?.labels?.[key];
      return value === undefined ? label !== undefined : label === value;
    });
}

function decoded(object: KubeObject | undefined): Record<string, string> {
  const data = (object?.['data'] ?? {}) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}

/** What the token controller puts into a Secret of the type; it has no end and no time of issue. */
function tokenData(fake: FakeClient, object: KubeObject): object {
  if (object['type'] !== 'kubernetes.io/service-account-token') return {};
  const claims = { iss: fake.cluster, 'kubernetes.io/serviceaccount/secret.name': object.metadata?.name };
  return { data: { token: Buffer.from(jwt(claims)).toString('base64') } };
}

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

function reviewOf(fake: FakeClient, token: string, object: KubeObject): KubeObject {
  const { resourceAttributes } = object['spec'] as { resourceAttributes: { resource: string } };
  const allowed = isLive(fake, token) && !fake.denied.includes(resourceAttributes.resource);
  return { status: { allowed } };
}

interface Asked {
  readonly expirationSeconds?: number;
  readonly boundObjectRef?: { readonly name: string; readonly uid: string };
  readonly token?: string;
}

function answer(fake: FakeClient, object: KubeObject): KubeObject {
  const spec = object['spec'] as Asked;
  if (object.kind === 'TokenReview') return { status: { authenticated: isLive(fake, spec.token ?? '') } };
  const iat = Math.floor(Date.now() / 1000);
  const exp = iat + Math.min(spec.expirationSeconds ?? 3600, fake.maxTokenSeconds);
  const claims = { iss: fake.cluster, iat, exp, jti: randomUUID() };
  return { status: { token: jwt({ ...claims, 'kubernetes.io': { secret: spec.boundObjectRef } }) } };
}

function isLive(fake: FakeClient, token: string): boolean {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const bound = claims['kubernetes.io']?.secret?.name ?? claims['kubernetes.io/serviceaccount/secret.name'];
  const names = [...fake.objects.values()].map(({ metadata }) => metadata?.name);
  const ended = claims.exp !== undefined && claims.exp * 1000 <= Date.now();
  return claims.iss === fake.cluster && !ended && names.includes(bound);
}

const alreadyExists = (cluster: string) =>
  new ApiError(`${cluster} refused POST`, { status: 409, reason: 'AlreadyExists', message: '' }, undefined);
