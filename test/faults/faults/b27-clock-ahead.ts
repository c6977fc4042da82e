import type { Bed } from '../../e2e/bed.ts';
import { applyTo, type Fault, read } from '../fault.ts';

const name = 'clock-ahead';
const group = 'admissionregistration.k8s.io/v1';

interface Lease {
  readonly spec: { readonly renewTime: string };
}

/** Until the kubelet has renewed its lease with a time that is ahead, or no more. */
async function waitForLease(bed: Bed, cluster: string, isAhead: boolean): Promise<void> {
  const until = Date.now() + 60_000;
  for (;;) {
    const args = ['-n', 'kube-node-lease', 'get', 'lease', cluster];
    const { spec } = await read<Lease>(bed, cluster, args);
    if (Date.parse(spec.renewTime) > Date.now() + 60_000 === isAhead) return;
    if (Date.now() > until) throw new Error(`the lease of ${cluster} did not change: ${spec.renewTime}`);
  }
}

export default {
  pain: 'B27',
  title: 'the clock of a node is ahead',
  done: 'a MutatingAdmissionPolicy adds five minutes to the time that the kubelet of one cluster writes into its lease, as one whose clock is ahead writes it: all clusters of one machine have one clock, and a time namespace of Linux keeps no other time of day',
  inject: async (bed, { there }) => {
    // A lease's time has six digits behind the point, always.
    const ahead = 'string(timestamp(int(timestamp(object.spec.renewTime)) + 300)).replace("Z", ".000001Z")';
    const expression = `[JSONPatch{op: "replace", path: "/spec/renewTime", value: ${ahead}}]`;
    await applyTo(bed, there, {
      apiVersion: group,
      kind: 'MutatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Ignore',
        reinvocationPolicy: 'Never',
        matchConstraints: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-node-lease' } },
          resourceRules: [
            {
              apiGroups: ['coordination.k8s.io'],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['leases'],
            },
          ],
        },
        mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
      },
    });
    const kind = 'MutatingAdmissionPolicyBinding';
    await applyTo(bed, there, { apiVersion: group, kind, metadata: { name }, spec: { policyName: name } });
    await waitForLease(bed, there, true);
  },
  expects: {
    check: 'clusters',
    names: [/^eks-2 Node eks-2 its clock is (2[5-9]|30)\d s ahead of this machine’s and that of eks-1/m],
  },
  follows: [],
  points: /clock|lease/i,
  undo: async (bed, { there }) => {
    for (const kind of ['mutatingadmissionpolicybinding', 'mutatingadmissionpolicy'])
      await bed.ok(there, ['delete', kind, name, '--ignore-not-found']);
    await waitForLease(bed, there, false);
  },
} satisfies Fault;
