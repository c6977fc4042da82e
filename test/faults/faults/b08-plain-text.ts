import { applyTo, type Fault } from '../fault.ts';

export default {
  pain: 'B8',
  title: 'istiod says synced, yet proxies lack the other cluster’s endpoints',
  done: 'a PeerAuthentication turns mTLS off in a namespace, and no endpoint without mTLS crosses networks',
  inject: (bed, { here }) =>
    applyTo(bed, here, {
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: { name: 'plain', namespace: 'sample' },
      spec: { mtls: { mode: 'DISABLE' } },
    }),
  expects: {
    check: 'gateway-policy',
    names: [/^eks-1 PeerAuthentication sample\/plain turns mutual TLS off/m],
  },
  follows: [
    { check: 'reach', why: 'the own gateway no longer knows the service' },
    { check: 'sync', why: 'proxies miss the endpoints of the other cluster' },
    { check: 'config-parity', why: 'the policy is in one primary only' },
    { check: 'traffic', why: 'the other cluster answers nothing' },
  ],
  points: /PeerAuthentication|mutual TLS|mtls/i,
  undo: async (bed, { here }) => {
    await bed.ok(here, ['-n', 'sample', 'delete', 'peerauthentication', 'plain']);
  },
} satisfies Fault;
