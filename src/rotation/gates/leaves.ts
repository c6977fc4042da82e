import { proxyCertificates, proxyPods, readAuthority, writeAuthority } from '../../istio/index.ts';
import { type AuthoritySecretData, isIssuedBy, parseBundle, topOf } from '../../pki/index.ts';
import { changedBytes } from '../root-file.ts';
import { type Expectation, eachPod, type Gate, type GateLook } from './gate.ts';

/** Every live certificate, by its chain and not by its serial alone. */
export const leaves: Gate = {
  title: 'every sidecar and gateway has a certificate of the new authority',
  nudges: false,
  async pending({ cluster, expected, signal }: GateLook) {
    const pods = await proxyPods(cluster, { signal });
    if (pods.length === 0) return ['no proxy runs'];
    return eachPod(pods, async (pod) => {
      const { chainPem } = await proxyCertificates(cluster, pod, { signal });
      return isOfNewAuthority(chainPem, expected)
        ? undefined
        : `the certificate of ${pod.namespace}/${pod.name} is of the old authority`;
    });
  },
  stir: { afterMs: 20_000, act: askAgain },
};

/**
 * A proxy whose request was under way when its authority changed keeps the answer of the old one, and
 * hears of nothing new: only another change of the root file's bytes makes it ask again.
 */
async function askAgain({ cluster, signal }: GateLook): Promise<void> {
  const data = await readAuthority(cluster, signal);
  if (!data) return;
  const before = data['root-cert.pem'] ?? '';
  const roots = changedBytes(parseBundle(before), before);
  await writeAuthority(cluster, { ...(data as AuthoritySecretData), 'root-cert.pem': roots }, signal);
}

/**
 * Does a proxy's certificate descend from the new authority? What a proxy has is its leaf, its istiod's
 * chain and then every root that istiod trusts, so the way up is followed by who signed whom: the last
 * certificate may be any of the roots.
 */
export function isOfNewAuthority(chainPem: string, { signer, retired }: Expectation): boolean {
  const [, issuer, ...above] = parseBundle(chainPem);
  if (!issuer || retired?.has(issuer.serial)) return false;
  const top = topOf([issuer, ...above]) ?? issuer;
  return (
    signer === undefined || top.fingerprintSha256 === signer.fingerprintSha256 || isIssuedBy(top, signer)
  );
}
