import { type Fault, heal, patch } from '../fault.ts';
import { nameOf, readSecret, unread } from '../remote-secret.ts';

const wrong = 'cluster-two';

export default {
  pain: 'B33',
  title: 'the key in the remote secret is not the name of the other cluster',
  done: 'the key of the remote secret is renamed, so that istiod calls the other cluster otherwise than it does itself',
  inject: async (bed, mesh) => {
    const { data } = await readSecret(bed, mesh);
    const change = { data: { [mesh.there]: null, [wrong]: data[mesh.there] } };
    const object = `secret/${nameOf(mesh)}`;
    await patch(bed, mesh.here, { namespace: 'istio-system', object, change });
  },
  expects: {
    check: 'secrets',
    names: [/^eks-1 Secret istio-system\/istio-remote-secret-eks-2 has no key eks-2, but cluster-two/m],
  },
  follows: unread,
  points: /cluster-two/i,
  undo: async (bed, mesh) => {
    // The key is not isthmus's own, so up leaves it.
    const change = { data: { [wrong]: null } };
    const object = `secret/${nameOf(mesh)}`;
    await patch(bed, mesh.here, { namespace: 'istio-system', object, change });
    await heal(bed);
  },
} satisfies Fault;
