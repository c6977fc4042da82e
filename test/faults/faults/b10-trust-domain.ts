import type { Bed } from '../../e2e/bed.ts';
import { type Fault, heal, patch, read, restart, restartProxies } from '../fault.ts';

interface MeshMap {
  readonly data: { readonly mesh: string };
}

const config = ['-n', 'istio-system', 'get', 'configmap', 'istio'];

async function setTrustDomain(bed: Bed, cluster: string, domain: string): Promise<void> {
  const { data } = await read<MeshMap>(bed, cluster, config);
  const mesh = `${data.mesh.replace(/^trustDomain:.*\n?/m, '').trimEnd()}\ntrustDomain: ${domain}\n`;
  await patch(bed, cluster, {
    namespace: 'istio-system',
    object: 'configmap/istio',
    change: { data: { mesh } },
  });
  await restart(bed, cluster, 'istio-system deploy/istiod');
}

export default {
  pain: 'B10',
  title: 'the clusters have different trust domains',
  done: 'meshConfig.trustDomain is changed in one cluster and its istiod restarted',
  inject: (bed, { there }) => setTrustDomain(bed, there, 'elsewhere.example'),
  expects: {
    check: 'istiod-config',
    names: [/^eks-2 ConfigMap istio-system\/istio has trust domain elsewhere\.example/m],
  },
  follows: [
    { check: 'trust', why: 'proxies that restart get an identity of the other domain' },
    { check: 'sync', why: 'Envoy may count what refuses it as failed' },
    { check: 'traffic', why: 'istiod tells proxies to expect identities that nobody has' },
  ],
  points: /trust ?domain|elsewhere/i,
  undo: async (bed, { there }) => {
    await heal(bed);
    await restart(bed, there, 'istio-system deploy/istiod');
    await restartProxies(bed, there);
  },
} satisfies Fault;
