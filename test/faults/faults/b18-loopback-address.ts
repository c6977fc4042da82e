import { type Fault, heal, patch, read } from '../fault.ts';

export default {
  pain: 'B18',
  title: 'the remote secret names 127.0.0.1 as the other API server',
  done: 'the address in the kubeconfig of the remote secret is replaced by one that only kind’s host knows',
  inject: async (bed, { here, there }) => {
    const name = `istio-remote-secret-${there}`;
    const args = ['-n', 'istio-system', 'get', 'secret', name];
    const { data } = await read<{ data: Record<string, string> }>(bed, here, args);
    const kubeconfig = Buffer.from(data[there] ?? '', 'base64').toString();
    const wrong = kubeconfig.replace(/https:\/\/[^\s"']+/, 'https://127.0.0.1:6443');
    const change = { stringData: { [there]: wrong } };
    await patch(bed, here, { namespace: 'istio-system', object: `secret/${name}`, change });
  },
  expects: {
    check: 'secrets',
    names: [/^eks-1 Secret istio-system\/istio-remote-secret-eks-2 names https:\/\/127\.0\.0\.1:6443/m],
  },
  follows: [
    { check: 'remotes', why: 'istiod reads the wrong API server' },
    { check: 'shards', why: 'so it has no or other endpoints of that cluster' },
    { check: 'sync', why: 'and its proxies neither' },
    { check: 'traffic', why: 'and only the local cluster answers' },
  ],
  points: /127\.0\.0\.1|remote-secret-eks-2/i,
  undo: heal,
} satisfies Fault;
