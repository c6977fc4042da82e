import { type AuthorityData, authorityOf, exchangeRoot, restoreAuthority } from '../authority.ts';
import { type Fault, restart, restartProxies } from '../fault.ts';

let original: AuthorityData;

export default {
  pain: 'B2',
  title: 'the clusters have different roots',
  done: 'one cluster gets cacerts of a root of its own; its istiod and the sample pods are restarted',
  inject: async (bed, { there }) => {
    original = await authorityOf(bed, there);
    await exchangeRoot(bed, [there]);
    await restart(bed, there, 'sample deploy');
  },
  expects: {
    check: 'trust',
    names: [/^eks-2 Secret istio-system\/cacerts has no root in common with eks-1/m],
  },
  follows: [
    { check: 'traffic', why: 'CERTIFICATE_VERIFY_FAILED between the clusters' },
    { check: 'reach', why: 'until it trusts the new istiod the gateway knows only pods that are gone' },
    { check: 'sync', why: 'Envoy counts the gateway as failed' },
  ],
  points: /root|certificate|cacerts|trust/i,
  undo: async (bed, { there }) => {
    await restoreAuthority(bed, there, original);
    await restartProxies(bed, there);
  },
} satisfies Fault;
