import type { ServiceSpec } from '../../topology/index.ts';

/** The name by which proxies know a Service, whatever the mesh's trust domain. */
export const fullHost = ({ name, namespace }: Pick<ServiceSpec, 'name' | 'namespace'>): string =>
  `${name}.${namespace}.svc.cluster.local`;

/** Metadata of an object that says what is wanted of a Service; in its namespace, where Istio looks for it. */
export const metadataOf = ({ name, namespace }: ServiceSpec, intent?: string) => ({
  name: intent ? `isthmus-${name}-${intent}` : `isthmus-${name}`,
  namespace,
});
