import type { Fault } from '../fault.ts';

const annotation = 'networking.istio.io/exportTo';

export default {
  pain: 'B25',
  title: 'exportTo hides a Service from the gateway',
  done: 'Service helloworld of one cluster is annotated to be seen in its own namespace alone',
  inject: async (bed, { there }) => {
    await bed.ok(there, ['-n', 'sample', 'annotate', 'service', 'helloworld', `${annotation}=.`]);
  },
  expects: {
    check: 'visibility',
    names: [
      /^eks-2 Service sample\/helloworld is exported to \. alone, so the gateway in istio-ingress resets requests for it from eks-1/m,
    ],
  },
  follows: [
    { check: 'reach', why: 'the gateway does not know the service' },
    { check: 'sync', why: 'Envoy may count the gateway as failed' },
    { check: 'traffic', why: 'the gateway resets requests of the other cluster' },
  ],
  points: /exportTo|exported/i,
  undo: async (bed, { there }) => {
    await bed.ok(there, ['-n', 'sample', 'annotate', 'service', 'helloworld', `${annotation}-`]);
  },
} satisfies Fault;
