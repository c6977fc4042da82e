import { applyTo, type Fault } from '../fault.ts';

export default {
  pain: 'B13',
  title: 'a subset is declared in one primary only',
  inject: (bed, { here }) =>
    applyTo(bed, here, {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: 'helloworld', namespace: 'sample' },
      spec: { host: 'helloworld', subsets: [{ name: 'v2', labels: { version: 'v2' } }] },
    }),
  expects: { check: 'drift', names: [/subset v2/, /helloworld/] },
  undo: async (bed, { here }) => {
    await bed.ok(here, ['-n', 'sample', 'delete', 'destinationrule', 'helloworld']);
  },
} satisfies Fault;
