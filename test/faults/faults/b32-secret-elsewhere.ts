import { type Fault, heal } from '../fault.ts';
import { applySecret, dropSecret, nameOf, readSecret, unread } from '../remote-secret.ts';

export default {
  pain: 'B32',
  title: 'the remote secret is in a namespace where no istiod looks',
  done: 'the remote secret of one cluster is moved to the namespace default',
  inject: async (bed, mesh) => {
    const { data } = await readSecret(bed, mesh);
    await applySecret(bed, mesh, { namespace: 'default', name: nameOf(mesh), data });
    await dropSecret(bed, mesh, `istio-system/${nameOf(mesh)}`);
  },
  expects: {
    check: 'secrets',
    names: [
      /^eks-1 Secret istio-system\/istio-remote-secret-eks-2 does not exist; Secret default\/istio-remote-secret-eks-2 is about eks-2, where no istiod reads it/m,
    ],
  },
  follows: unread,
  points: /istio-remote-secret-eks-2|default/i,
  undo: async (bed, mesh) => {
    await dropSecret(bed, mesh, `default/${nameOf(mesh)}`);
    await heal(bed);
  },
} satisfies Fault;
