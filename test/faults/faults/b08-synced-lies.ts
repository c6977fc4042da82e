import { type Fault, read, settle } from '../fault.ts';
import { block, type Place, podAt, unblock } from '../node.ts';

let link: Place;

interface Pods {
  readonly items: readonly { readonly status: { readonly podIP: string } }[];
}

const scale = (replicas: number) => [
  '-n',
  'sample',
  'scale',
  'deploy/helloworld-v2',
  `--replicas=${replicas}`,
];

export default {
  pain: 'B8',
  title: 'istiod says synced, yet a proxy still has endpoints that are gone',
  done: 'the link of one proxy to its istiod is cut, then helloworld is scaled to nothing in the other cluster',
  inject: async (bed, { here, there }) => {
    const pods = await read<Pods>(bed, here, ['-n', 'sample', 'get', 'pods', '-l', 'app=sleep']);
    link = await podAt(bed, here, pods.items[0]?.status.podIP ?? '');
    await block(link, [
      ['output', 'tcp dport 15012'],
      ['input', 'tcp sport 15012'],
    ]);
    await bed.ok(there, scale(0));
    await bed.ok(there, [
      '-n',
      'sample',
      'wait',
      '--for=delete',
      'pod',
      '-l',
      'app=helloworld',
      '--timeout=90s',
    ]);
  },
  expects: { check: 'sync', names: [/^eks-1 Pod sample\/sleep-\S+ wrong gateway: its proxy goes to/m] },
  follows: [{ check: 'traffic', why: 'requests go to a gateway with nobody behind it' }],
  points: /stale|not in sync/i,
  undo: async (bed, { there }) => {
    await unblock(link);
    await bed.ok(there, scale(1));
    await settle(bed, there, 'sample deploy/helloworld-v2');
  },
} satisfies Fault;
