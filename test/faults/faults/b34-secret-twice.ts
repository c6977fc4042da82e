import type { Fault } from '../fault.ts';
import { applySecret, dropSecret, readSecret } from '../remote-secret.ts';

const second = 'istio-remote-secret-eks-2-again';

export default {
  pain: 'B34',
  title: 'two remote secrets are about one cluster',
  done: 'a second remote secret with the same key is made beside the first',
  inject: async (bed, mesh) => {
    const { data } = await readSecret(bed, mesh);
    await applySecret(bed, mesh, { name: second, data });
  },
  expects: {
    check: 'secrets',
    names: [
      /^eks-1 Secret istio-system\/istio-remote-secret-eks-2-again is about eks-2 as well as istio-remote-secret-eks-2/m,
    ],
  },
  follows: [],
  points: /istio-remote-secret-eks-2-again/i,
  undo: (bed, mesh) => dropSecret(bed, mesh, `istio-system/${second}`),
} satisfies Fault;
