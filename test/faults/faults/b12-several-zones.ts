import type { Bed } from '../../e2e/bed.ts';
import { applyTo, type Fault, patch, read, settle } from '../fault.ts';

interface Deployment {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: {
    readonly selector: { readonly matchLabels: object };
    readonly template: { readonly metadata: { readonly labels: object }; readonly spec: object };
  };
}

const first = 'deploy/helloworld-v2';
const second = 'helloworld-v2-zone-b';

const inZone = (value: string | null) => ({
  namespace: 'sample',
  object: first,
  change: { spec: { template: { metadata: { labels: { 'istio-locality': value } } } } },
});

/** A copy of the Deployment with three pods; Istio takes a pod’s locality from its label, else from its node. */
async function applySecondZone(bed: Bed, cluster: string): Promise<void> {
  const { apiVersion, kind, spec } = await read<Deployment>(bed, cluster, ['-n', 'sample', 'get', first]);
  const own = { zone: 'b' };
  const labels = { ...spec.template.metadata.labels, ...own, 'istio-locality': 'region.zone-b' };
  await applyTo(bed, cluster, {
    apiVersion,
    kind,
    metadata: { name: second, namespace: 'sample' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { ...spec.selector.matchLabels, ...own } },
      template: { metadata: { labels }, spec: spec.template.spec },
    },
  });
}

export default {
  pain: 'B12',
  title: 'a remote cluster with pods in several zones gets the requests of the first zone only',
  done: 'helloworld of one cluster gets one pod in the first zone and three in a second',
  inject: async (bed, { there }) => {
    await patch(bed, there, inZone('region.zone-a'));
    await applySecondZone(bed, there);
    await settle(bed, there, `sample ${first} deploy/${second}`);
  },
  expects: {
    check: 'weights',
    names: [/^eks-2 Service sample\/helloworld clients in other networks count 1 of its 4 pods/m],
  },
  follows: [],
  points: /weight|zone|localit/i,
  undo: async (bed, { there }) => {
    await bed.ok(there, ['-n', 'sample', 'delete', 'deploy', second, '--ignore-not-found', '--wait']);
    await patch(bed, there, inZone(null));
    await settle(bed, there, `sample ${first}`);
  },
} satisfies Fault;
