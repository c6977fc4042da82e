import { parse, stringify } from 'yaml';
import type { Bed } from '../../e2e/bed.ts';
import { type Fault, patch, read } from '../fault.ts';

const host = 'helloworld.sample.svc.cluster.local';
const map = ['-n', 'istio-system', 'get', 'configmap', 'istio'];

/** istiod reads its mounted file, which the kubelet brings up to date when it looks at the pod. */
async function setMesh(bed: Bed, cluster: string, serviceSettings: object[] | undefined): Promise<void> {
  const { data } = await read<{ data: { mesh: string } }>(bed, cluster, map);
  const mesh = stringify({ ...parse(data.mesh), serviceSettings });
  await patch(bed, cluster, {
    namespace: 'istio-system',
    object: 'configmap/istio',
    change: { data: { mesh } },
  });
  const nudge = ['annotate', 'pods', '-l', 'app=istiod', `looked-at=${Date.now()}`, '--overwrite'];
  await bed.ok(cluster, ['-n', 'istio-system', ...nudge]);
}

/** Until the proxy of sleep has a gateway of another cluster among its endpoints, or none any more. */
async function waitForGateway(bed: Bed, cluster: string, wanted: boolean): Promise<void> {
  const name = `outbound|5000||${host}`;
  const args = ['--context', cluster, '-n', 'sample', 'proxy-config', 'endpoints', 'deploy/sleep'];
  const until = Date.now() + 120_000;
  while ((await bed.tool('istioctl', [...args, '--cluster', name])).stdout.includes(':15443') !== wanted)
    if (Date.now() > until) throw new Error(`istiod of ${cluster} did not take its mesh configuration over`);
}

export default {
  pain: 'B30',
  title: 'a host is local to its cluster for callers of one cluster only',
  done: 'the mesh configuration of one cluster keeps helloworld in its cluster, that of the other does not',
  inject: async (bed, { here }) => {
    await setMesh(bed, here, [{ settings: { clusterLocal: true }, hosts: [host] }]);
    await waitForGateway(bed, here, false);
  },
  expects: {
    check: 'local-services',
    names: [
      /^eks-1 ConfigMap istio-system\/istio keeps helloworld\.sample\.svc\.cluster\.local in its cluster, istiod default of eks-2 does not/m,
    ],
  },
  follows: [
    { check: 'residency', why: 'what one primary keeps is to be kept by all, and let through by no gateway' },
  ],
  points: /local|serviceSettings/i,
  undo: async (bed, { here }) => {
    await setMesh(bed, here, undefined);
    await waitForGateway(bed, here, true);
  },
} satisfies Fault;
