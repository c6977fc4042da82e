import type { Fault } from '../fault.ts';
import { applySecondGateway, dropSecondGateway, waitForSecondGateway } from '../second-gateway.ts';

export default {
  pain: 'B28',
  title: 'one of two east-west gateways of a network is dead',
  done: 'a second gateway of one cluster is made with a Service of its own and no pods',
  inject: async (bed, mesh) => {
    await applySecondGateway(bed, mesh.there, 0);
    await waitForSecondGateway(bed, mesh);
  },
  expects: {
    check: 'gateways',
    names: [/^eks-2 Deployment istio-ingress\/istio-eastwestgateway-two is scaled to 0 replicas/m],
  },
  follows: [
    { check: 'lb', why: 'the load balancer of the second gateway has no target' },
    { check: 'reach', why: 'nothing answers at the address of the second gateway' },
    { check: 'traffic', why: 'a part of the requests goes to the second gateway' },
  ],
  points: /eastwestgateway-two/i,
  undo: async (bed, { there }) => dropSecondGateway(bed, there),
} satisfies Fault;
