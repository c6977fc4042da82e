import type { CallOptions, KubeObject, ObjectRef } from '../types.ts';
import type { Resource } from './discovery.ts';

/** A pod, as its subresources are reached. */
export const podPath = (pod: { readonly namespace: string; readonly name: string }) =>
  `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}`;

/** What a command's WebSocket asks for: the command, its container, and which of its streams. */
export function commandQuery(
  command: readonly string[],
  container: string | undefined,
  withInput: boolean,
): URLSearchParams {
  const query = new URLSearchParams(command.map((word): [string, string] => ['command', word]));
  if (container) query.set('container', container);
  for (const stream of ['stdout', 'stderr', ...(withInput ? ['stdin'] : [])]) query.set(stream, 'true');
  return query;
}

/** Where objects of a kind are listed and created; all namespaces without one. */
export function collectionOf(apiVersion: string, resource: Resource, namespace: string | undefined): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${within}/${resource.plural}`;
}

/** Where one object is. */
export function pathOf(ref: ObjectRef, resource: Resource): string {
  const namespace = ref.namespace ?? 'default';
  return `${collectionOf(ref.apiVersion, resource, namespace)}/${encodeURIComponent(ref.name)}`;
}

/** `?a=b&c=d` of what is given, or nothing. */
export function queryOf(parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

/** Of a call's options those that every request takes. */
export const pick = ({ signal, timeoutMs }: CallOptions): CallOptions => ({ signal, timeoutMs });

/** One answer to a list. */
export interface Page<T> {
  readonly items?: readonly T[];
  readonly metadata?: { readonly continue?: string };
}

/** The body of a DELETE, of one version alone if it is given. */
export const deletionOf = (version: string | undefined) => ({
  apiVersion: 'v1',
  kind: 'DeleteOptions',
  propagationPolicy: 'Background',
  ...(version ? { preconditions: { resourceVersion: version } } : {}),
});

/** Requests for a token and reviews are questions that are put by a POST; nothing is kept of them. */
export const leavesNothing = ({ apiVersion = '' }: KubeObject) =>
  /^auth(entication|orization)\.k8s\.io\//.test(apiVersion);
