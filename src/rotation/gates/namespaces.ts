import { namespaceRoots } from '../../istio/index.ts';
import { rootsDiffer } from './compare-roots.ts';
import type { Gate, GateLook } from './gate.ts';

/** A pod that starts in a namespace knows istiod by this ConfigMap. */
export const namespaces: Gate = {
  title: 'istio-ca-root-cert of every namespace has the roots',
  nudges: false,
  async pending({ cluster, expected, signal }: GateLook) {
    const maps = await namespaceRoots(cluster, { signal });
    if (maps.length === 0) return ['no namespace has istio-ca-root-cert'];
    return maps.flatMap(({ object, pem }) => {
      const difference = rootsDiffer(pem, expected.roots);
      return difference ? [`${object} ${difference}`] : [];
    });
  },
};
