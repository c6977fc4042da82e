import { type Fault, heal, patch } from '../fault.ts';

export default {
  pain: 'B31',
  title: 'the same Service is an ExternalName in one cluster',
  done: 'the Service helloworld of one cluster is made an ExternalName of a host outside',
  inject: async (bed, { here }) => {
    const spec = {
      type: 'ExternalName',
      externalName: 'hello.example.com',
      clusterIP: null,
      clusterIPs: null,
    };
    await patch(bed, here, { namespace: 'sample', object: 'service/helloworld', change: { spec } });
  },
  expects: {
    check: 'service-ports',
    names: [
      /^eks-1 Service sample\/helloworld is an ExternalName of hello\.example\.com here, in eks-2 it has pods of its own/m,
    ],
  },
  follows: [
    { check: 'sync', why: 'its proxies have no endpoint of an alias' },
    { check: 'traffic', why: 'requests go to the host outside' },
  ],
  points: /ExternalName|hello\.example\.com/i,
  undo: async (bed, mesh) => {
    await bed.ok(mesh.here, ['-n', 'sample', 'delete', 'service', 'helloworld', '--ignore-not-found']);
    await heal(bed);
  },
} satisfies Fault;
