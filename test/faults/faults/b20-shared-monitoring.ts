import { applyTo, type Fault } from '../fault.ts';

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'prometheus', namespace: 'sample' },
  spec: { selector: { app: 'prometheus' }, ports: [{ name: 'http', port: 9090 }] },
};

export default {
  pain: 'B20',
  title: 'the monitoring of each cluster is shared with the others',
  done: 'a Service prometheus is made in the same namespace of both clusters',
  inject: async (bed, { here, there }) => {
    await applyTo(bed, here, service);
    await applyTo(bed, there, service);
  },
  expects: {
    check: 'local-services',
    names: [
      /^eks-1 Service sample\/prometheus is also in eks-2 and not kept local/m,
      /^eks-2 Service sample\/prometheus is also in eks-1/m,
    ],
  },
  follows: [],
  points: /prometheus/i,
  undo: async (bed, { here, there }) => {
    await bed.ok(here, ['-n', 'sample', 'delete', 'service', 'prometheus']);
    await bed.ok(there, ['-n', 'sample', 'delete', 'service', 'prometheus']);
  },
} satisfies Fault;
