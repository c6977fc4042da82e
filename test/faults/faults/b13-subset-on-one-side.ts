import { applyTo, type Fault } from '../fault.ts';

const metadata = { name: 'helloworld', namespace: 'sample' };

export default {
  pain: 'B13',
  title: 'a subset is declared in one primary only',
  done: 'one cluster routes to a subset of pods that only the other has, and only the first declares the subset',
  inject: async (bed, { here }) => {
    await applyTo(bed, here, {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata,
      spec: { host: 'helloworld', subsets: [{ name: 'v2', labels: { version: 'v2' } }] },
    });
    await applyTo(bed, here, {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata,
      spec: {
        hosts: ['helloworld'],
        http: [{ route: [{ destination: { host: 'helloworld', subset: 'v2' } }] }],
      },
    });
  },
  expects: {
    check: 'config-parity',
    names: [/^eks-1 DestinationRule sample\/helloworld subset v2 of helloworld\S* is not declared in eks-2/m],
  },
  follows: [
    { check: 'split', why: 'the weight for the subset goes nowhere in the other cluster' },
    { check: 'traffic', why: 'the other gateway has no such SNI and resets the connection' },
  ],
  points: /subset|SNI/i,
  undo: async (bed, { here }) => {
    await bed.ok(here, ['-n', 'sample', 'delete', 'destinationrule,virtualservice', 'helloworld']);
  },
} satisfies Fault;
