import type { KubeObject } from '../../kubernetes/index.ts';

/** `Kind namespace/name`, as problems name objects. */
export function nameOf(kind: string, object: KubeObject): string {
  const { namespace, name = '' } = object.metadata ?? {};
  return namespace ? `${kind} ${namespace}/${name}` : `${kind} ${name}`;
}
