import { type AuthorityData, authorityOf, restoreAuthority } from '../authority.ts';
import { type Fault, patch, restartProxies } from '../fault.ts';

let original: AuthorityData;

export default {
  pain: 'B3',
  title: 'cacerts lacks a key',
  done: 'cert-chain.pem is removed from cacerts and istiod is told to restart',
  inject: async (bed, { there }) => {
    original = await authorityOf(bed, there);
    await patch(bed, there, {
      namespace: 'istio-system',
      object: 'secret/cacerts',
      change: { data: { 'cert-chain.pem': null } },
    });
    await bed.ok(there, ['-n', 'istio-system', 'rollout', 'restart', 'deploy/istiod']);
  },
  expects: { check: 'trust', names: [/^eks-2 Secret istio-system\/cacerts .*cert-chain\.pem/m] },
  follows: [{ check: 'remotes', why: 'the istiod that starts anew ends at once and says nothing' }],
  points: /cacerts|cert-chain/i,
  undo: async (bed, { there }) => {
    await restoreAuthority(bed, there, original);
    await restartProxies(bed, there);
  },
} satisfies Fault;
