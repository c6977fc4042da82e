import { type Fault, heal, patch } from '../fault.ts';

export default {
  pain: 'B18',
  title: 'the remote secret names 127.0.0.1 as the other API server',
  inject: async (bed, { here, there }) => {
    const name = `istio-remote-secret-${there}`;
    const read = ['-n', 'istio-system', 'get', 'secret', name, '-o', 'json'];
    const { data } = JSON.parse(await bed.ok(here, read)) as { data: Record<string, string> };
    const kubeconfig = Buffer.from(data[there] ?? '', 'base64').toString();
    const wrong = kubeconfig.replace(/https:\/\/[^\s"']+/, 'https://127.0.0.1:6443');
    const change = { stringData: { [there]: wrong } };
    await patch(bed, here, { namespace: 'istio-system', object: `secret/${name}`, change });
  },
  expects: { check: 'secrets', names: [/names https:\/\/127\.0\.0\.1:6443/] },
  undo: heal,
} satisfies Fault;
