import { type Fault, restart } from '../fault.ts';
import { block, nodeOf, unblock } from '../node.ts';

export default {
  pain: 'B7',
  title: 'istiod could not reach the other API server when it started',
  done: 'packets of this cluster to the other API server are dropped, and istiod is restarted until it is ready',
  inject: async (bed, { here, there }) => {
    const path = 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}';
    const address = await bed.ok(here, ['get', 'nodes', '-o', path]);
    await block(await nodeOf(bed, there), [['input', `ip saddr ${address} tcp dport 6443`]]);
    await restart(bed, here, 'istio-system deploy/istiod');
  },
  expects: { check: 'remotes', names: [/^eks-1 Pod istio-system\/istiod-\S+ is not in sync with eks-2/m] },
  follows: [
    { check: 'shards', why: 'the new istiod knows no endpoint of the other cluster' },
    { check: 'sync', why: 'so it tells its proxies none' },
    { check: 'traffic', why: 'so only the local cluster answers' },
  ],
  points: /remote|eks-2.*(timeout|syncing)/i,
  undo: async (bed, { here, there }) => {
    await unblock(await nodeOf(bed, there));
    await restart(bed, here, 'istio-system deploy/istiod');
  },
} satisfies Fault;
