import { type Fault, heal, restart } from '../fault.ts';

export default {
  pain: 'B1',
  title: 'only local answers: nothing lets the other network in',
  done: 'the Gateway that exposes services on port 15443 is deleted and the gateway restarted, as if that step had been left out',
  inject: async (bed, { there }) => {
    await bed.ok(there, ['-n', 'istio-ingress', 'delete', 'gateways.networking.istio.io', '--all']);
    // A listener that is removed goes on with the connections that it has.
    await restart(bed, there, 'istio-ingress deploy/istio-eastwestgateway');
  },
  expects: { check: 'gateways', names: [/^eks-2 .*no Gateway opens port 15443/m] },
  follows: [
    { check: 'lb', why: 'nothing listens on the port of the load balancer' },
    { check: 'reach', why: 'the gateway takes no connection from the other network' },
    { check: 'sync', why: 'Envoy may count the gateway as failed' },
    { check: 'traffic', why: 'no request crosses' },
  ],
  points: /gateway/i,
  undo: heal,
} satisfies Fault;
