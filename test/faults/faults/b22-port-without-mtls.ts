import { applyTo, type Fault } from '../fault.ts';

export default {
  pain: 'B22',
  title: 'mutual TLS is off for one port of a Service',
  done: 'a PeerAuthentication that selects helloworld turns mTLS off for port 5000 of its pods in one cluster',
  inject: (bed, { there }) =>
    applyTo(bed, there, {
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: { name: 'plain-port', namespace: 'sample' },
      spec: {
        selector: { matchLabels: { app: 'helloworld' } },
        portLevelMtls: { '5000': { mode: 'DISABLE' } },
      },
    }),
  expects: {
    check: 'gateway-policy',
    names: [
      /^eks-2 PeerAuthentication sample\/plain-port turns mutual TLS off for sample\/helloworld:5000, so requests from eks-1 end at the gateway of eks-2/m,
    ],
  },
  follows: [
    { check: 'reach', why: 'the own gateway has no pod for the service' },
    { check: 'sync', why: 'proxies miss the endpoints of the other cluster' },
    { check: 'config-parity', why: 'the policy is in one primary only' },
    { check: 'traffic', why: 'no request crosses' },
  ],
  points: /PeerAuthentication|mutual TLS|mtls/i,
  undo: async (bed, { there }) => {
    await bed.ok(there, ['-n', 'sample', 'delete', 'peerauthentication', 'plain-port']);
  },
} satisfies Fault;
