import type { KubeObject, ObjectRef } from './types.ts';

/** The reference of an object that has a name. */
export function refOf(object: KubeObject): ObjectRef {
  const { apiVersion = '', kind = '', metadata } = object;
  const namespace = metadata?.namespace;
  return { apiVersion, kind, ...(namespace ? { namespace } : {}), name: metadata?.name ?? '' };
}

/** One string per object, equal for two references to the same object whatever the API version. */
export function refKey({ apiVersion, kind, namespace, name }: ObjectRef): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return `${group}/${kind}/${namespace ?? ''}/${name}`;
}

/** `Deployment istio-system/istiod`, for people. */
export function describeRef({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace ? `${namespace}/` : ''}${name}`;
}
