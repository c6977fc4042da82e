import { proxyCertificates, proxyPods } from '../../istio/index.ts';
import { isIssuedBy, parseBundle } from '../../pki/index.ts';
import { type Expectation, eachPod, type Gate, type GateLook } from './gate.ts';

/** Every live certificate, by its chain and not by its serial alone. */
export const leaves: Gate = {
  title: 'every sidecar and gateway has a certificate of the new authority',
  nudges: false,
  async unmet({ cluster, expected, signal }: GateLook) {
    const pods = await proxyPods(cluster, { signal });
    if (pods.length === 0) return ['no proxy runs'];
    return eachPod(pods, async (pod) => {
      const { chainPem } = await proxyCertificates(cluster, pod, { signal });
      return isOfNewAuthority(chainPem, expected)
        ? undefined
        : `the certificate of ${pod.namespace}/${pod.name} is of the old authority`;
    });
  },
};

/** The chain that a proxy shows in a handshake: leaf, intermediates, and mostly the root as well. */
export function isOfNewAuthority(chainPem: string, { signer, retired }: Expectation): boolean {
  const [, issuer, ...above] = parseBundle(chainPem);
  if (!issuer || retired?.has(issuer.serial)) return false;
  const top = above.at(-1) ?? issuer;
  return (
    signer === undefined || top.fingerprintSha256 === signer.fingerprintSha256 || isIssuedBy(top, signer)
  );
}
