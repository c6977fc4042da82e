import type { Secret } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type ClusterSpec, istioNamespaceOf } from '../../topology/index.ts';

/** Where istiod looks for its certificate authority. */
export const cacertsRef = (spec: ClusterSpec) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  namespace: istioNamespaceOf(spec),
  name: 'cacerts',
});

export const managedLabel = 'app.kubernetes.io/managed-by';

/** A cluster's Secret `cacerts` as it is. */
export interface PluggedAuthority {
  /** Decoded PEM. */
  readonly data: Readonly<Record<string, string>>;
  /** Did isthmus make it, or was it told to take it over? */
  readonly managed: boolean;
}

/** The decoded PEM of `cacerts`; undefined if there is no such Secret. */
export async function readAuthority(
  cluster: MeshCluster,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, string>> | undefined> {
  return (await readPlugged(cluster, signal))?.data;
}

/** `cacerts` and whose it is; undefined if there is no such Secret. */
export async function readPlugged(
  cluster: MeshCluster,
  signal?: AbortSignal,
): Promise<PluggedAuthority | undefined> {
  const secret = await cluster.kube.get<Secret>(cacertsRef(cluster.spec), { signal });
  return secret && pluggedOf(secret);
}

/** A `cacerts` as it was read. */
export function pluggedOf(secret: Secret): PluggedAuthority {
  const entries = Object.entries(secret.data ?? {});
  return {
    data: Object.fromEntries(
      entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
    ),
    managed: secret.metadata?.labels?.[managedLabel] === 'isthmus',
  };
}
