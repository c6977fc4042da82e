import type { Fault } from '../fault.ts';
import { changeSamplePort } from '../sample-port.ts';

export default {
  pain: 'B21',
  title: 'the same Service has another port name in one cluster',
  done: 'the port of Service helloworld of one cluster is renamed',
  inject: async (bed, { there }) => {
    await changeSamplePort(bed, there, { name: 'http-web' });
  },
  expects: {
    check: 'service-ports',
    names: [/^eks-2 Service sample\/helloworld has the ports http-web:5000, in eks-1 it has http:5000/m],
  },
  follows: [{ check: 'traffic', why: 'no caller is answered by the other cluster’s pods' }],
  points: /http-web|port name/i,
  undo: async (bed, { there }) => {
    await changeSamplePort(bed, there, { name: 'http' });
  },
} satisfies Fault;
