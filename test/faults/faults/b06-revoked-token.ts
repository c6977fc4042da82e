import { type Fault, heal } from '../fault.ts';

export default {
  pain: 'B6',
  title: 'the token of a remote secret is no longer valid',
  done: 'what the token is bound to is deleted, so that the API server refuses it as it does an expired one',
  inject: async (bed, { here, there }) => {
    const holder = `isthmus.io/remote-secret-holder=${here}`;
    await bed.ok(there, ['-n', 'istio-system', 'delete', 'secret', '-l', holder]);
  },
  expects: {
    check: 'secrets',
    names: [/^eks-1 Secret istio-system\/istio-remote-secret-eks-2 eks-2 does not accept its token/m],
  },
  follows: [],
  points: /token|secret|unauthorized|remote/i,
  undo: heal,
} satisfies Fault;
