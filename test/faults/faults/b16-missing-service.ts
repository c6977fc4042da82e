import { type Fault, heal } from '../fault.ts';

export default {
  pain: 'B16',
  title: 'the caller’s cluster lacks the Service',
  inject: async (bed, { here }) => {
    await bed.ok(here, ['-n', 'sample', 'delete', 'service', 'helloworld']);
  },
  expects: { check: 'services', names: [/Service sample\/helloworld/, /does not exist here/] },
  undo: heal,
} satisfies Fault;
