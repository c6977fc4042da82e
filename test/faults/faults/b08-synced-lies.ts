import { applyTo, type Fault } from '../fault.ts';

export default {
  pain: 'B8',
  title: 'istiod says synced, yet proxies lack the other cluster’s endpoints',
  inject: (bed, { here }) =>
    applyTo(bed, here, {
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: { name: 'plain', namespace: 'sample' },
      spec: { mtls: { mode: 'DISABLE' } },
    }),
  expects: { check: 'sync', names: [/missing/] },
  undo: async (bed, { here }) => {
    await bed.ok(here, ['-n', 'sample', 'delete', 'peerauthentication', 'plain']);
  },
} satisfies Fault;
