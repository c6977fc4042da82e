import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import {
  connectionFromKubeconfig,
  createClient,
  type KubeClient,
  type KubeConnection,
} from '../kubernetes/index.ts';
import type { ExistingClusterSpec, Topology } from '../topology/index.ts';

/** A connection by the context that the file names; paths are relative to the file. */
function existingConnection(topology: Topology, spec: ExistingClusterSpec): Promise<KubeConnection> {
  return connectionFromKubeconfig({
    cluster: spec.name,
    path: spec.kubeconfig && absolute(spec.kubeconfig, topology),
    context: spec.context,
    apiServerForPeers: spec.apiServer,
  });
}

/** The way to clusters, found once for each spec unless that fails. */
export interface Connections {
  /** Throws as `connectionFromKubeconfig` does. */
  readonly connection: (topology: Topology, spec: ExistingClusterSpec) => Promise<KubeConnection>;
  /** Of that connection. */
  readonly client: (topology: Topology, spec: ExistingClusterSpec) => Promise<KubeClient>;
}

export function connections(): Connections {
  const made = new WeakMap<ExistingClusterSpec, Promise<KubeConnection>>();
  const connection: Connections['connection'] = (topology, spec) => {
    const known = made.get(spec) ?? existingConnection(topology, spec);
    made.set(spec, known);
    known.catch(() => made.delete(spec));
    return known;
  };
  return { connection, client: async (topology, spec) => createClient(await connection(topology, spec)) };
}

function absolute(path: string, { file }: Topology): string {
  if (path.startsWith('~/')) return join(homedir(), path.slice(2));
  return resolve(file ? dirname(file) : '.', path);
}
