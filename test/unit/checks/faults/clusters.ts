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
    what: 'a version that cannot be read',
    inject: (mesh) => {
      mesh.member('eks-2').server.version = 'unknown';
    },
    status: 'warn',
    cluster: 'eks-2',
    object: /^$/,
  },
];
