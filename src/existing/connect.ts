import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { connectionFromKubeconfig, type KubeConnection } from '../kubernetes/index.ts';
import type { ExistingClusterSpec, Topology } from '../topology/index.ts';

/** A connection by the context that the file names; paths are relative to the file. */
export function existingConnection(topology: Topology, spec: ExistingClusterSpec): Promise<KubeConnection> {
  return connectionFromKubeconfig({
    cluster: spec.name,
    path: spec.kubeconfig && absolute(spec.kubeconfig, topology),
    context: spec.context,
    apiServerForPeers: spec.apiServer,
  });
}

function absolute(path: string, { file }: Topology): string {
  if (path.startsWith('~/')) return join(homedir(), path.slice(2));
  return resolve(file ? dirname(file) : '.', path);
}
