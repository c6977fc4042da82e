import type { Bed } from '../../e2e/bed.ts';
import { applyTo, type Fault, patch, settle } from '../fault.ts';

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'orders', namespace: 'sample' },
  spec: { selector: { app: 'helloworld' }, ports: [{ name: 'http', port: 5000 }] },
};

async function setCapture(bed: Bed, cluster: string, config: string | null): Promise<void> {
  const change = {
    spec: { template: { metadata: { annotations: { 'proxy.istio.io/config': config } } } },
  };
  await patch(bed, cluster, { namespace: 'sample', object: 'deploy/sleep', change });
  await settle(bed, cluster, 'sample deploy/sleep');
}

export default {
  pain: 'B29',
  title: 'sidecars of some callers only answer DNS, so a host is unknown to the others',
  done: 'a Service is made in one cluster alone; in the other one workload gets DNS capture by its annotation',
  inject: async (bed, { here, there }) => {
    await applyTo(bed, there, service);
    await setCapture(bed, here, 'proxyMetadata: {ISTIO_META_DNS_CAPTURE: "true"}');
  },
  expects: {
    check: 'services',
    names: [
      /^eks-1 Pod sample\/helloworld-v1-\S+ does not know Service sample\/orders of other clusters: its sidecar does not answer DNS, as 1 of 2 here do/m,
    ],
  },
  follows: [],
  points: /DNS|orders/,
  undo: async (bed, { here, there }) => {
    await bed.ok(there, ['-n', 'sample', 'delete', 'service', 'orders', '--ignore-not-found']);
    await setCapture(bed, here, null);
  },
} satisfies Fault;
