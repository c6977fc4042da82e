import type { Fault } from '../fault.ts';
import { hideNamespace, unhide } from '../selectors.ts';

export default {
  pain: 'B24',
  title: 'discoverySelectors hide the namespace of the other cluster’s gateway',
  done: 'istiod of one cluster is told to see labelled namespaces alone; istio-ingress of the other has no label',
  inject: (bed, { here, there }) => hideNamespace(bed, here, { cluster: there, namespace: 'istio-ingress' }),
  expects: {
    check: 'discovery',
    names: [
      /^eks-2 Namespace istio-ingress is hidden from istiod of eks-1 by its discoverySelectors, so callers of eks-1 are given pods’ addresses of network2/m,
    ],
  },
  follows: [
    { check: 'sync', why: 'proxies have pods’ addresses of the other network' },
    { check: 'traffic', why: 'those addresses lead nowhere' },
  ],
  points: /discoverySelectors|hidden/i,
  undo: (bed, { here, there }) => unhide(bed, here, [here, there]),
} satisfies Fault;
