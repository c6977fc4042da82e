import { type Fault, heal } from '../fault.ts';

const role = ['-n', 'istio-system', 'role/istio-reader-mesh-config'];

export default {
  pain: 'B10',
  title: 'the role of remote readers is of an older Istio, so they assume another trust domain',
  done: 'the Role by which remote istiods read the mesh configuration is deleted',
  inject: async (bed, { there }) => {
    await bed.ok(there, ['delete', ...role]);
  },
  expects: {
    check: 'istiod-config',
    names: [/^eks-2 ClusterRole istio-reader\S+ does not let other istiods read configmaps/m],
  },
  follows: [],
  points: /reader|role|configmaps/i,
  undo: heal,
} satisfies Fault;
