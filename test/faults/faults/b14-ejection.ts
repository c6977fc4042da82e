import { applyTo, type Fault } from '../fault.ts';

const rule = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: { name: 'ejection', namespace: 'sample' },
  spec: {
    host: 'helloworld',
    trafficPolicy: { outlierDetection: { consecutive5xxErrors: 1, maxEjectionPercent: 100 } },
  },
};

export default {
  pain: 'B14',
  title: 'one bad answer ejects a whole cluster',
  inject: async (bed, { here, there }) => {
    await applyTo(bed, here, rule);
    await applyTo(bed, there, rule);
  },
  expects: { check: 'failover', names: [/maxEjectionPercent is 100/, /localityLbSetting/] },
  undo: async (bed, { here, there }) => {
    await bed.ok(here, ['-n', 'sample', 'delete', 'destinationrule', 'ejection']);
    await bed.ok(there, ['-n', 'sample', 'delete', 'destinationrule', 'ejection']);
  },
} satisfies Fault;
