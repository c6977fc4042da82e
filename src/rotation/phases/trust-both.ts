import { writeAuthority } from '../../istio/index.ts';
import type { AuthoritySecretData } from '../../pki/index.ts';
import type { AuthorityContext } from '../context.ts';
import { handshakes } from '../gates/handshakes.ts';
import { injection } from '../gates/injection.ts';
import { istiodFile } from '../gates/istiod-file.ts';
import { istiodRoots } from '../gates/istiod-roots.ts';
import { namespaces } from '../gates/namespaces.ts';
import { proxyFiles } from '../gates/proxy-files.ts';
import { proxyRoots } from '../gates/proxy-roots.ts';
import { webhooks } from '../gates/webhooks.ts';
import { rootFile } from '../root-file.ts';
import type { Phase } from './phase.ts';

/**
 * Phase 1: everybody trusts the new root beside the old ones, and the old ones go on signing. The
 * files inside the pods are waited for as well, since istiod's own certificate is of the new root in
 * the next phase.
 */
export function trustBoth({ target, signal }: AuthorityContext): Phase {
  const bothOf = (all: Parameters<Phase['apply']>[1]) => [
    ...all.flatMap(({ certificates }) => certificates).filter(isOther(target.root.fingerprintSha256)),
    target.root,
  ];
  return {
    name: 'trust both',
    act: 'the new root is put beside the old',
    gates: [istiodFile, istiodRoots, namespaces, webhooks, proxyFiles, proxyRoots, injection, handshakes],
    expected: {},
    async apply({ live, data, certificates }, all) {
      const own = certificates.filter(isOther(target.root.fingerprintSha256));
      const roots = rootFile(own, bothOf(all));
      await writeAuthority(live, { ...(data as AuthoritySecretData), 'root-cert.pem': roots }, signal);
    },
  };
}

export const isOther = (fingerprint: string) => (one: { fingerprintSha256: string }) =>
  one.fingerprintSha256 !== fingerprint;
