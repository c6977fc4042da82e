import type { KubeObject } from '../kubernetes/index.ts';

/** Their environment explains a mesh; everyone else's is nobody's business. */
const meshContainers = /^(istio-|discovery$|install-cni$|aws-load-balancer-controller$)/;
const removed = '[removed]';
/** Where kubectl keeps a copy of the object, in Secrets its data as well. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

interface Container {
  readonly name?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
}

/**
 * An object for others to read: without managed fields, without the copy of itself that kubectl
 * keeps as an annotation, and without the values of applications' environment variables.
 */
export function trimmed({ apiVersion, kind, metadata, ...rest }: KubeObject): KubeObject {
  const { managedFields: _fields, annotations, ...kept } = metadata ?? {};
  const shown = Object.entries(annotations ?? {}).filter(([name]) => name !== LAST_APPLIED);
  return {
    ...(apiVersion ? { apiVersion } : {}),
    ...(kind ? { kind } : {}),
    metadata: { ...kept, ...(annotations ? { annotations: Object.fromEntries(shown) } : {}) },
    ...(withoutEnvironment(rest) as object),
  };
}

function withoutEnvironment(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEnvironment);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutEnvironment(inner)] as const);
  return withoutValues(Object.fromEntries(entries));
}

function withoutValues(record: Container): Container {
  if (!Array.isArray(record.env) || meshContainers.test(record.name ?? '')) return record;
  return {
    ...record,
    env: record.env.map((one) => (one?.value === undefined ? one : { ...one, value: removed })),
  };
}
