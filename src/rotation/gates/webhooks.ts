import { webhookRoots } from '../../istio/index.ts';
import { rootsDiffer } from './compare-roots.ts';
import type { Gate, GateLook } from './gate.ts';

/** The API server calls istiod's webhooks by these roots: no pod gets a proxy if they are wrong. */
export const webhooks: Gate = {
  title: 'every webhook of istiod has the roots',
  nudges: false,
  async pending({ cluster, expected, signal }: GateLook) {
    const found = await webhookRoots(cluster, { signal });
    if (found.length === 0) return ['no webhook calls istiod'];
    return found.flatMap(({ object, pem }) => {
      const difference = rootsDiffer(pem, expected.roots);
      return difference ? [`${object} ${difference}`] : [];
    });
  },
};
