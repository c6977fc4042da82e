import { applyTo, type Fault } from '../fault.ts';

const labels = { app: 'istio-eastwestgateway', istio: 'eastwestgateway' };

export default {
  pain: 'B5',
  title: 'one of two load-balancer targets answers nothing',
  inject: async (bed, { there }) => {
    const image = await bed.ok(there, [
      '-n',
      'sample',
      'get',
      'deploy/sleep',
      '-o',
      'jsonpath={.spec.template.spec.containers[0].image}',
    ]);
    const network = await bed.ok(there, [
      'get',
      'namespace',
      'istio-system',
      '-o',
      'jsonpath={.metadata.labels.topology\\.istio\\.io/network}',
    ]);
    await applyTo(bed, there, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'black-hole',
        namespace: 'istio-ingress',
        labels: { ...labels, 'topology.istio.io/network': network, 'sidecar.istio.io/inject': 'false' },
      },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'nothing', image, command: ['/bin/sleep', 'infinity'] }],
      },
    });
  },
  expects: { check: 'lb', names: [/eastwestgateway/] },
  undo: async (bed, { there }) => {
    await bed.ok(there, ['-n', 'istio-ingress', 'delete', 'pod', 'black-hole']);
  },
} satisfies Fault;
