import { applyTo, type Fault } from '../fault.ts';

export default {
  pain: 'B23',
  title: 'a DestinationRule turns TLS off for a Service',
  done: 'a DestinationRule with tls.mode DISABLE for helloworld is applied to one cluster',
  inject: (bed, { there }) =>
    applyTo(bed, there, {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: 'plain-rule', namespace: 'sample' },
      spec: { host: 'helloworld', trafficPolicy: { tls: { mode: 'DISABLE' } } },
    }),
  expects: {
    check: 'gateway-policy',
    names: [
      /^eks-2 DestinationRule sample\/plain-rule turns mutual TLS off for sample\/helloworld:5000, so requests from eks-1 end at the gateway of eks-2/m,
    ],
  },
  follows: [
    { check: 'reach', why: 'the own gateway has no pod for the service' },
    { check: 'sync', why: 'proxies miss the endpoints of the other cluster' },
    { check: 'config-parity', why: 'the rule is in one primary only' },
    { check: 'traffic', why: 'no request crosses, and pods that insist on mutual TLS refuse plain text' },
  ],
  points: /DestinationRule|mutual TLS|mtls/i,
  undo: async (bed, { there }) => {
    await bed.ok(there, ['-n', 'sample', 'delete', 'destinationrule', 'plain-rule']);
  },
} satisfies Fault;
