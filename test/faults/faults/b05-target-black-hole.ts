import { applyTo, type Fault } from '../fault.ts';

const labels = { app: 'istio-eastwestgateway', istio: 'eastwestgateway' };

export default {
  pain: 'B5',
  title: 'one of two load-balancer targets answers nothing',
  done: 'a second pod with the labels of the gateway is started, in which nothing listens',
  inject: async (bed, { there }) => {
    const imagePath = 'jsonpath={.spec.template.spec.containers[0].image}';
    const image = await bed.ok(there, ['-n', 'sample', 'get', 'deploy/sleep', '-o', imagePath]);
    const labelPath = 'jsonpath={.metadata.labels.topology\\.istio\\.io/network}';
    const network = await bed.ok(there, ['get', 'namespace', 'istio-system', '-o', labelPath]);
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
    await bed.ok(there, [
      '-n',
      'istio-ingress',
      'wait',
      '--for=condition=Ready',
      'pod/black-hole',
      '--timeout=60s',
    ]);
  },
  expects: {
    check: 'lb',
    names: [/^eks-2 Service istio-ingress\/istio-eastwestgateway port 15443: target .* is/m],
  },
  follows: [
    { check: 'reach', why: 'about every second connection goes to the dead target' },
    { check: 'sync', why: 'Envoy may count the gateway as failed' },
    { check: 'traffic', why: 'about every second connection to the other cluster fails' },
  ],
  points: /target|eastwestgateway|black-hole/i,
  undo: async (bed, { there }) => {
    await bed.ok(there, ['-n', 'istio-ingress', 'delete', 'pod', 'black-hole', '--ignore-not-found']);
  },
} satisfies Fault;
