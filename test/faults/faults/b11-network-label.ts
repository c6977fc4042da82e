import { type Fault, patch, settle } from '../fault.ts';

const labelled = (value: string | null) => ({
  namespace: 'sample',
  object: 'deploy/helloworld-v2',
  change: { spec: { template: { metadata: { labels: { 'topology.istio.io/network': value } } } } },
});

export default {
  pain: 'B11',
  title: 'a workload’s network label is wrong, so its pod address goes to another network',
  done: 'the pods of helloworld in one cluster are labelled with the network of the other',
  inject: async (bed, { there }) => {
    await patch(bed, there, labelled('network1'));
    await settle(bed, there, 'sample deploy/helloworld-v2');
  },
  expects: { check: 'networks', names: [/^eks-2 Pod sample\/helloworld-v2\S* .*network1/m] },
  follows: [
    { check: 'reach', why: 'the gateway of the other cluster takes that pod for one of its own network' },
    { check: 'sync', why: 'proxies of the other cluster hold the address of a pod that they cannot reach' },
    { check: 'traffic', why: 'requests to that address run into their time-out' },
  ],
  points: /network/i,
  undo: async (bed, { there }) => {
    await patch(bed, there, labelled(null));
    await settle(bed, there, 'sample deploy/helloworld-v2');
  },
} satisfies Fault;
