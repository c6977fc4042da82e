import type { Fault } from '../fault.ts';
import { changeSamplePort } from '../sample-port.ts';

export default {
  pain: 'B21',
  title: 'the same Service has another port number in one cluster',
  done: 'the port of Service helloworld of one cluster gets another number, its name stays',
  inject: async (bed, { there }) => {
    await changeSamplePort(bed, there, { port: 5001 });
  },
  expects: {
    check: 'service-ports',
    names: [/^eks-2 Service sample\/helloworld has the ports http:5001, in eks-1 it has http:5000/m],
  },
  follows: [
    { check: 'sync', why: 'proxies of the cluster with the other number know none of the first' },
    { check: 'traffic', why: 'gateways refuse the number that their own cluster does not have' },
  ],
  points: /5001|port number/i,
  undo: async (bed, { there }) => {
    await changeSamplePort(bed, there, { port: 5000 });
  },
} satisfies Fault;
