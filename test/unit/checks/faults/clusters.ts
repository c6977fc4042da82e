import { change, type Fault, unready } from './fault.ts';

export const clustersFaults: readonly Fault[] = [
  {
    id: 'clusters',
    what: 'a node is not ready',
    inject: change(['v1', 'Node'], [undefined, 'node-1'], unready),
    cluster: 'eks-2',
    object: /^Node node-1$/,
  },
  {
    id: 'clusters',
    what: 'the clock of a node is an hour ahead',
    inject: (mesh) => {
      for (const { server, cluster } of mesh.members) {
        const ahead = cluster.spec.name === 'eks-2' ? 3_600_000 : 0;
        server.put(
          { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-node-lease' } },
          {
            apiVersion: 'coordination.k8s.io/v1',
            kind: 'Lease',
            metadata: { name: 'node-1', namespace: 'kube-node-lease' },
            spec: { renewTime: new Date(Date.now() + ahead).toISOString() },
          },
        );
      }
    },
    cluster: 'eks-2',
    object: /^Node node-1$/,
  },
  {
    id: 'clusters',
    what: 'a version that cannot be read',
    inject: (mesh) => {
      mesh.member('eks-2').server.version = 'unknown';
    },
    status: 'warn',
    cluster: 'eks-2',
    object: /^$/,
  },
];
