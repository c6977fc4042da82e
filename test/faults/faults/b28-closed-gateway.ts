import { type Fault, settle } from '../fault.ts';
import { applySecondGateway, dropSecondGateway, second, waitForSecondGateway } from '../second-gateway.ts';

export default {
  pain: 'B28',
  title: 'no Gateway opens one of two east-west gateways of a network',
  done: 'a second gateway of one cluster runs, with labels of its own that no Gateway selects',
  inject: async (bed, mesh) => {
    await applySecondGateway(bed, mesh.there, 1);
    await settle(bed, mesh.there, `istio-ingress deploy/${second}`);
    await waitForSecondGateway(bed, mesh);
  },
  expects: {
    check: 'gateways',
    names: [
      /^eks-2 Gateway cross-network-gateway no Gateway opens port 15443 of Service istio-ingress\/istio-eastwestgateway-two/m,
    ],
  },
  follows: [
    { check: 'lb', why: 'nothing listens on the port of the second gateway' },
    { check: 'reach', why: 'nothing answers at the address of the second gateway' },
    { check: 'split', why: 'the second gateway has no way for any share' },
    { check: 'traffic', why: 'a part of the requests goes to the second gateway' },
  ],
  points: /eastwestgateway-two/i,
  undo: async (bed, { there }) => dropSecondGateway(bed, there),
} satisfies Fault;
