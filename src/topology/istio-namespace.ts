import type { ClusterSpec } from './types.ts';

/** Where Istio is installed, and where it looks for policies of the whole mesh, unless it is told otherwise. */
export const DEFAULT_ISTIO_NAMESPACE = 'istio-system';

/**
 * Namespace of a cluster's istiod, and with it of `cacerts`, remote secrets, the mesh configuration and what
 * isthmus notes down in the cluster.
 */
export const istioNamespaceOf = (spec: ClusterSpec): string =>
  (spec.provider === 'existing' ? spec.istioNamespace : undefined) ?? DEFAULT_ISTIO_NAMESPACE;

/**
 * Every namespace that an istiod of the mesh is in, this cluster's own first. An istiod looks in its peers for
 * the namespace that it is in itself, whatever theirs.
 */
export const istioNamespacesOf = (spec: ClusterSpec, clusters: readonly ClusterSpec[]): string[] => [
  ...new Set([spec, ...clusters].map(istioNamespaceOf)),
];
