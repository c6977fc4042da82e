import { type Fault, heal, patch } from '../fault.ts';
import { nameOf, readSecret, unread } from '../remote-secret.ts';

const serverIn = (kubeconfig: string): string => /server: *(\S+)/.exec(kubeconfig)?.[1] ?? '';
const decoded = (data: string | undefined): string => Buffer.from(data ?? '', 'base64').toString();

export default {
  pain: 'B18',
  title: 'the remote secret leads to the API server of another cluster',
  done: 'the address in the kubeconfig of the remote secret is replaced by that of the cluster that holds it',
  inject: async (bed, mesh) => {
    const kubeconfig = decoded((await readSecret(bed, mesh)).data[mesh.there]);
    const own = await readSecret(bed, { here: mesh.there, there: mesh.here });
    const wrong = kubeconfig.replace(serverIn(kubeconfig), serverIn(decoded(own.data[mesh.here])));
    const change = { stringData: { [mesh.there]: wrong } };
    await patch(bed, mesh.here, { namespace: 'istio-system', object: `secret/${nameOf(mesh)}`, change });
  },
  expects: {
    check: 'secrets',
    names: [
      /^eks-1 Secret istio-system\/istio-remote-secret-eks-2 names https:\S+ as the API server of eks-2/m,
    ],
  },
  follows: unread,
  points: /istio-remote-secret-eks-2/i,
  undo: heal,
} satisfies Fault;
