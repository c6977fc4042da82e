import { applyTo, type Fault } from '../fault.ts';

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'members', namespace: 'sample' },
  spec: { clusterIP: 'None', selector: { role: 'member' }, ports: [{ name: 'http', port: 5000 }] },
};

const label = (change: string) => ['-n', 'sample', 'label', 'pods', '-l', 'app=helloworld', change];

export default {
  pain: 'B31',
  title: 'a headless Service has its pods in another network',
  done: 'a headless Service is made in both clusters, with pods in one of them',
  inject: async (bed, { here, there }) => {
    await bed.ok(there, label('role=member'));
    await applyTo(bed, there, service);
    await applyTo(bed, here, service);
  },
  expects: {
    check: 'service-ports',
    names: [
      /^eks-1 Service sample\/members is headless and has no ready pod in network network1, so its name leads nowhere here/m,
    ],
  },
  follows: [],
  points: /headless|members/i,
  undo: async (bed, { here, there }) => {
    for (const cluster of [here, there])
      await bed.ok(cluster, ['-n', 'sample', 'delete', 'service', 'members', '--ignore-not-found']);
    await bed.ok(there, label('role-'));
  },
} satisfies Fault;
