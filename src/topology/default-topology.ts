import { meshSchema } from './schema/mesh-schema.ts';
import { topologyOf } from './topology-of.ts';
import type { Topology } from './types.ts';

/** Two local clusters in two networks: what `isthmus up` makes where there is no file. */
export function defaultTopology(): Topology {
  const mesh = meshSchema.parse({
    apiVersion: 'isthmus/v1alpha1',
    kind: 'Mesh',
    metadata: { name: 'demo' },
    spec: {
      clusters: [
        { name: 'eks-1', provider: 'local', network: 'network1', cidr: '10.1.0.0/16' },
        { name: 'eks-2', provider: 'local', network: 'network2', cidr: '10.2.0.0/16' },
      ],
    },
  });
  return topologyOf(mesh, undefined);
}
