import { waitForInjection } from '../../istio/index.ts';
import type { Gate, GateLook } from './gate.ts';

/** istiod's own certificate was made anew: its webhook must still be taken by the API server. */
export const injection: Gate = {
  title: 'pods still get a proxy',
  nudges: false,
  async pending({ cluster, signal }: GateLook) {
    await waitForInjection(cluster, signal);
    return [];
  },
};
