import type { Fault } from '../fault.ts';
import { block, nodeOf, unblock } from '../node.ts';

export default {
  pain: 'B5',
  title: 'the load balancer is healthy, yet port 15443 is closed on the way',
  done: 'packets to port 15443 are dropped in the network of the other cluster; its health check still passes',
  inject: async (bed, { there }) => block(await nodeOf(bed, there), [['forward', 'tcp dport 15443']]),
  expects: { check: 'reach', names: [/^eks-2 .*15443/m] },
  follows: [
    { check: 'lb', why: 'the health check of the port may time out too' },
    { check: 'sync', why: 'Envoy counts the gateway as failed' },
    { check: 'traffic', why: 'no request crosses to this cluster' },
  ],
  points: /15443|eastwestgateway/i,
  undo: async (bed, { there }) => unblock(await nodeOf(bed, there)),
} satisfies Fault;
