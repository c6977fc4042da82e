import type { Fault } from '../fault.ts';

const label = (change: string) => [
  '-n',
  'istio-ingress',
  'label',
  'gateways.networking.istio.io',
  'cross-network-gateway',
  `istio.io/rev${change}`,
];

export default {
  pain: 'B28',
  title: 'the Gateway that opens the east-west gateway is of another revision than its istiod',
  done: 'the cross-network Gateway of one cluster is labelled with a revision that is not the gateway’s',
  inject: async (bed, { there }) => {
    await bed.ok(there, label('=canary'));
  },
  expects: {
    check: 'gateways',
    names: [/^eks-2 Gateway istio-ingress\/cross-network-gateway is of revision canary, .* of default/m],
  },
  follows: [
    { check: 'lb', why: 'the gateway closes its port' },
    { check: 'reach', why: 'the gateway closes its port' },
    { check: 'traffic', why: 'requests to the closed gateway fail' },
  ],
  points: /revision|istio\.io\/rev/i,
  undo: async (bed, { there }) => {
    await bed.ok(there, label('-'));
  },
} satisfies Fault;
