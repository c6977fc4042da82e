import { istiodFiles, istiodPods, podFiles, readAuthority } from '../../istio/index.ts';
import { eachPod, type Gate, type GateLook } from './gate.ts';

/** The kubelet brings a mounted Secret up to date up to two minutes late; istiod acts on the file. */
export const istiodFile: Gate = {
  title: 'every istiod has the new cacerts mounted',
  nudges: true,
  async pending({ cluster, signal }: GateLook) {
    const [pods, data] = await Promise.all([istiodPods(cluster, { signal }), readAuthority(cluster, signal)]);
    if (pods.length === 0) return ['no istiod runs'];
    return eachPod(pods, async (pod) => {
      const mounted = await podFiles(
        cluster,
        { ...pod, container: 'discovery' },
        { paths: istiodFiles, signal },
      );
      const same = mounted === `${data?.['root-cert.pem']}${data?.['cert-chain.pem']}`;
      return same ? undefined : `istiod ${pod.name} still has the file before`;
    });
  },
};
