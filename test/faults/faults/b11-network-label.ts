import { type Fault, patch } from '../fault.ts';

const labelled = (value: string | null) => ({
  spec: { template: { metadata: { labels: { 'topology.istio.io/network': value } } } },
});

export default {
  pain: 'B11',
  title: 'a workload’s network label is wrong, so pod addresses go to another network',
  inject: async (bed, { there }) => {
    await patch(bed, there, { namespace: 'sample', object: 'deploy/sleep', change: labelled('elsewhere') });
    await bed.ok(there, ['-n', 'sample', 'rollout', 'status', 'deploy/sleep', '--timeout=60s']);
  },
  expects: { check: 'networks', names: [/sample\/sleep/, /elsewhere/] },
  undo: async (bed, { there }) => {
    await patch(bed, there, { namespace: 'sample', object: 'deploy/sleep', change: labelled(null) });
    await bed.ok(there, ['-n', 'sample', 'rollout', 'status', 'deploy/sleep', '--timeout=60s']);
  },
} satisfies Fault;
