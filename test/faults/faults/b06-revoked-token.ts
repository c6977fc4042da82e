import { type Fault, heal } from '../fault.ts';

export default {
  pain: 'B6',
  title: 'the token of a remote secret is no longer valid',
  inject: async (bed, { here, there }) => {
    // The token is bound to this Secret: without it the API server refuses it, as it does an expired one.
    const name = `isthmus-remote-reader-${here}`;
    await bed.ok(there, ['-n', 'istio-system', 'delete', 'secret', name]);
  },
  expects: { check: 'secrets', names: [/does not accept its token/] },
  undo: heal,
} satisfies Fault;
