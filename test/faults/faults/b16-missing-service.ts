import { type Fault, heal } from '../fault.ts';

export default {
  pain: 'B16',
  title: 'the caller’s cluster lacks the Service',
  done: 'the Service helloworld is deleted in one cluster; its pods stay',
  inject: async (bed, { here }) => {
    await bed.ok(here, ['-n', 'sample', 'delete', 'service', 'helloworld']);
  },
  expects: {
    check: 'services',
    names: [/^eks-1 Service sample\/helloworld does not exist here, only in eks-2/m],
  },
  follows: [{ check: 'traffic', why: 'the name does not resolve in the caller’s cluster' }],
  points: /helloworld.*(resolve|service|exist)/i,
  undo: heal,
} satisfies Fault;
