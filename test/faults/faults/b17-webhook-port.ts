import type { Fault } from '../fault.ts';
import { block, nodeOf, unblock } from '../node.ts';

export default {
  pain: 'B17',
  title: 'the API server cannot reach the webhook on 15017',
  done: 'packets of the API server to port 15017 of istiod are dropped, as by a security group',
  inject: async (bed, { there }) => block(await nodeOf(bed, there), [['output', 'tcp dport 15017']]),
  expects: {
    check: 'injection',
    names: [
      /^eks-2 MutatingWebhookConfiguration istio-sidecar-injector the API server cannot call istiod’s webhook/m,
    ],
  },
  follows: [],
  points: /webhook|15017|inject/i,
  undo: async (bed, { there }) => unblock(await nodeOf(bed, there)),
} satisfies Fault;
