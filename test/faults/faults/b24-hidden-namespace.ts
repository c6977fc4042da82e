import type { Fault } from '../fault.ts';
import { hideNamespace, unhide } from '../selectors.ts';

export default {
  pain: 'B24',
  title: 'discoverySelectors hide a shared namespace of the other cluster',
  done: 'istiod of one cluster is told to see labelled namespaces alone; sample of the other has no label',
  inject: (bed, { here, there }) => hideNamespace(bed, here, { cluster: there, namespace: 'sample' }),
  expects: {
    check: 'discovery',
    names: [
      /^eks-2 Namespace sample is hidden from istiod of eks-1 by its discoverySelectors, so callers of eks-1 get no pod of it in eks-2/m,
    ],
  },
  follows: [
    { check: 'shards', why: 'this istiod knows no pod of the namespace there' },
    { check: 'sync', why: 'proxies miss the endpoints of the other cluster' },
    { check: 'traffic', why: 'the other cluster answers nothing' },
  ],
  points: /discoverySelectors|hidden/i,
  undo: (bed, { here, there }) => unhide(bed, here, [here, there]),
} satisfies Fault;
