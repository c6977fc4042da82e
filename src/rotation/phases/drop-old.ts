import { writeAuthority } from '../../istio/index.ts';
import type { AuthoritySecretData } from '../../pki/index.ts';
import type { AuthorityContext } from '../context.ts';
import { handshakes } from '../gates/handshakes.ts';
import { injection } from '../gates/injection.ts';
import { istiodFile } from '../gates/istiod-file.ts';
import { istiodRoots } from '../gates/istiod-roots.ts';
import { leaves } from '../gates/leaves.ts';
import { namespaces } from '../gates/namespaces.ts';
import { proxyFiles } from '../gates/proxy-files.ts';
import { proxyRoots } from '../gates/proxy-roots.ts';
import { webhooks } from '../gates/webhooks.ts';
import type { Phase } from './phase.ts';

/**
 * Phase 3: the old roots are trusted no more. From its first write on there is no way back but a
 * new rotation.
 */
export function dropOld({ target, signal }: AuthorityContext): Phase {
  return {
    name: 'drop old',
    act: 'the old root is taken away',
    gates: [
      istiodFile,
      istiodRoots,
      namespaces,
      webhooks,
      proxyFiles,
      proxyRoots,
      leaves,
      injection,
      handshakes,
    ],
    expected: { signer: target.root },
    async apply({ live, data }) {
      const only = { ...(data as AuthoritySecretData), 'root-cert.pem': target.root.pem };
      await writeAuthority(live, only, signal);
    },
  };
}
