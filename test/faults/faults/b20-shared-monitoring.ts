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
  inject: async (bed, { here, there }) => {
    await applyTo(bed, here, service);
    await applyTo(bed, there, service);
  },
  expects: { check: 'local-services', names: [/Service sample\/prometheus/] },
  undo: async (bed, { here, there }) => {
    await bed.ok(here, ['-n', 'sample', 'delete', 'service', 'prometheus']);
    await bed.ok(there, ['-n', 'sample', 'delete', 'service', 'prometheus']);
  },
} satisfies Fault;
