import { IsthmusError } from '../errors/index.ts';
import type { KubeConnection } from '../kubernetes/index.ts';

/** Why no other cluster can use the address of this API server; undefined if one might. */
export function unreachableForPeers({
  cluster,
  apiServerForPeers,
}: KubeConnection): IsthmusError | undefined {
  if (!isLoopback(apiServerForPeers)) return undefined;
  return new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${cluster}: the other clusters cannot reach its API server at ${apiServerForPeers}`,
    { hint: `set apiServer of cluster ${cluster} to an address that the other clusters reach` },
  );
}

function isLoopback(server: string): boolean {
  if (!URL.canParse(server)) return false;
  const { hostname } = new URL(server);
  return (
    hostname === 'localhost' || hostname === '[::1]' || hostname === '0.0.0.0' || /^127\./.test(hostname)
  );
}
