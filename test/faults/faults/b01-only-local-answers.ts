import { type Fault, heal } from '../fault.ts';

export default {
  pain: 'B1',
  title: 'only local answers: nothing lets the other network in',
  inject: async (bed, { there }) => {
    await bed.ok(there, ['-n', 'istio-ingress', 'delete', 'gateways.networking.istio.io', '--all']);
  },
  expects: { check: 'gateways', names: [/no Gateway opens port 15443/] },
  undo: heal,
} satisfies Fault;
