import type { Fault } from '../fault.ts';

const named = (name: string) => [
  '-n',
  'sample',
  'patch',
  'service',
  'helloworld',
  '--type=json',
  '-p',
  patch(name),
];
const patch = (name: string) => JSON.stringify([{ op: 'replace', path: '/spec/ports/0/name', value: name }]);

export default {
  pain: 'B21',
  title: 'the same Service has another port name in one cluster',
  done: 'the port of Service helloworld of one cluster is renamed',
  inject: async (bed, { there }) => {
    await bed.ok(there, named('http-web'));
  },
  expects: {
    check: 'service-ports',
    names: [/^eks-2 Service sample\/helloworld has the ports http-web:5000, in eks-1 it has http:5000/m],
  },
  follows: [{ check: 'traffic', why: 'no caller is answered by the other cluster’s pods' }],
  points: /http-web|port name/i,
  undo: async (bed, { there }) => {
    await bed.ok(there, named('http'));
  },
} satisfies Fault;
