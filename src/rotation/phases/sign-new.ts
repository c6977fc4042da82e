import { writeAuthority } from '../../istio/index.ts';
import { toSecretData } from '../../pki/index.ts';
import type { AuthorityContext } from '../context.ts';
import { handshakes } from '../gates/handshakes.ts';
import { injection } from '../gates/injection.ts';
import { istiodFile } from '../gates/istiod-file.ts';
import { istiodRoots } from '../gates/istiod-roots.ts';
import { leaves } from '../gates/leaves.ts';
import { proxyRoots } from '../gates/proxy-roots.ts';
import { webhooks } from '../gates/webhooks.ts';
import { changedBytes } from '../root-file.ts';
import type { Phase } from './phase.ts';
import { isOther } from './trust-both.ts';

/**
 * Phase 2: each istiod signs with a new intermediate of the new root. Trust stays as it is, but the
 * bytes of the root file change, or the proxies would keep certificates of the old root for half
 * their life.
 */
export function signNew({ target, signal }: AuthorityContext): Phase {
  const isOld = isOther(target.root.fingerprintSha256);
  return {
    name: 'sign new',
    act: 'istiod gets an intermediate of the new root',
    gates: [istiodFile, istiodRoots, webhooks, leaves, proxyRoots, injection, handshakes],
    expected: { signer: target.root },
    async apply({ live, cluster, data, certificates }) {
      const roots = [...certificates.filter(isOld), target.root];
      const intermediate = await target.intermediateFor(cluster);
      const before = data['root-cert.pem'] ?? '';
      const next = toSecretData(
        intermediate,
        roots.map(({ pem }) => pem),
      );
      await writeAuthority(live, { ...next, 'root-cert.pem': changedBytes(roots, before) }, signal);
    },
  };
}
