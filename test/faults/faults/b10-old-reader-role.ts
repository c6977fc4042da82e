import { type Fault, heal, read } from '../fault.ts';

const role = 'clusterrole/istio-reader-clusterrole-istio-system';

interface Role {
  readonly rules: readonly { readonly resources?: readonly string[] }[];
}

export default {
  pain: 'B10',
  title: 'the role of remote readers is of an older Istio, so they assume another trust domain',
  done: 'configmaps are taken out of the ClusterRole that remote istiods have',
  inject: async (bed, { there }) => {
    const { rules } = await read<Role>(bed, there, ['get', role]);
    const older = rules.map((rule) => ({
      ...rule,
      resources: rule.resources?.filter((one) => one !== 'configmaps'),
    }));
    const change = JSON.stringify({ rules: older.filter(({ resources }) => resources?.length !== 0) });
    await bed.ok(there, ['patch', role, '--type=merge', '-p', change]);
  },
  expects: {
    check: 'istiod-config',
    names: [/^eks-2 ClusterRole istio-reader\S+ does not let other istiods read configmaps/m],
  },
  follows: [],
  points: /reader|role|configmaps/i,
  undo: heal,
} satisfies Fault;
