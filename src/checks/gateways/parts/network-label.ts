import { NETWORK_LABEL } from '../../../istio/index.ts';
import type { KubeObject } from '../../../kubernetes/index.ts';

/** Commands for one object of a gateway. */
export const kubectlAt = (object: KubeObject): string =>
  `kubectl --context {context} -n ${object.metadata?.namespace}`;

/** What is wrong with the network that an object says it is of. */
export const labelProblem = (label: string | undefined, network: string) => ({
  message:
    label === undefined
      ? `has no network label, its cluster is in ${network}`
      : `is labelled network ${label}, its cluster is in ${network}`,
  evidence: `${NETWORK_LABEL}=${label ?? '(absent)'}`,
  cause:
    'istiod finds the gateway of a network by this label and otherwise hands out addresses that cannot be reached',
});
