import { proxyCertificates, proxyPods } from '../../istio/index.ts';
import { rootsDiffer } from './compare-roots.ts';
import { eachPod, type Gate, type GateLook } from './gate.ts';

/** What Envoy itself has loaded decides whom it takes for a member of the mesh. */
export const proxyRoots: Gate = {
  title: 'every sidecar and gateway trusts the roots',
  nudges: false,
  async pending({ cluster, expected, signal }: GateLook) {
    const pods = await proxyPods(cluster, { signal });
    if (pods.length === 0) return ['no proxy runs'];
    return eachPod(pods, async (pod) => {
      const { roots } = await proxyCertificates(cluster, pod, { signal });
      const difference = rootsDiffer(roots.join(''), expected.roots);
      return difference && `the proxy of ${pod.namespace}/${pod.name} ${difference}`;
    });
  },
};
