import { podFiles, proxyPods, proxyRootFile } from '../../istio/index.ts';
import { rootsDiffer } from './compare-roots.ts';
import { eachPod, type Gate, type GateLook } from './gate.ts';

/** A proxy's agent knows istiod by this file; istiod's own certificate is new in the next phase. */
export const proxyFiles: Gate = {
  title: 'the root file in every proxy’s pod has the roots',
  nudges: true,
  async pending({ cluster, expected, signal }: GateLook) {
    return eachPod(await proxyPods(cluster, { signal }), async (pod) => {
      const mounted = await podFiles(
        cluster,
        { ...pod, container: 'istio-proxy' },
        { paths: [proxyRootFile], signal },
      );
      const difference = rootsDiffer(mounted, expected.roots);
      return difference && `${proxyRootFile} in ${pod.namespace}/${pod.name} ${difference}`;
    });
  },
};
