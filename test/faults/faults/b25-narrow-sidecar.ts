import { applyTo, type Fault } from '../fault.ts';

export default {
  pain: 'B25',
  title: 'a Sidecar hides a Service from its callers',
  done: 'a Sidecar of namespace sample in one cluster lists istio-system alone',
  inject: (bed, { here }) =>
    applyTo(bed, here, {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Sidecar',
      metadata: { name: 'narrow', namespace: 'sample' },
      spec: { egress: [{ hosts: ['istio-system/*'] }] },
    }),
  expects: {
    check: 'visibility',
    names: [
      /^eks-1 Sidecar sample\/narrow leaves out helloworld\.sample\.svc\.cluster\.local, so its clients’ requests go past the mesh, to pods of eks-1 alone/m,
    ],
  },
  follows: [
    { check: 'sync', why: 'proxies have no endpoint of the service at all' },
    { check: 'config-parity', why: 'the Sidecar is in one primary only' },
    { check: 'traffic', why: 'the other cluster answers nothing, or pods refuse plain text' },
  ],
  points: /Sidecar/,
  undo: async (bed, { here }) => {
    await bed.ok(here, ['-n', 'sample', 'delete', 'sidecar', 'narrow']);
  },
} satisfies Fault;
