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
  done: 'outlier detection with maxEjectionPercent 100 and no locality setting is applied to both clusters',
  inject: async (bed, { here, there }) => {
    await applyTo(bed, here, rule);
    await applyTo(bed, there, rule);
  },
  expects: {
    check: 'failover',
    names: [
      /^eks-1 DestinationRule sample\/ejection one bad answer can eject all of eks-2: maxEjectionPercent is 100/m,
      /^eks-2 DestinationRule sample\/ejection outlierDetection without localityLbSetting/m,
    ],
  },
  follows: [
    {
      check: 'traffic',
      why: 'outlier detection turned locality failover on, so only the local cluster answers',
    },
  ],
  points: /outlier|eject|locality/i,
  undo: async (bed, { here, there }) => {
    await bed.ok(here, ['-n', 'sample', 'delete', 'destinationrule', 'ejection']);
    await bed.ok(there, ['-n', 'sample', 'delete', 'destinationrule', 'ejection']);
  },
} satisfies Fault;
