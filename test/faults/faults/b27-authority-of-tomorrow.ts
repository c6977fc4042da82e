import { type AuthorityData, authorityOf, replaceAuthority, restoreAuthority } from '../authority.ts';
import type { Fault } from '../fault.ts';

let original: AuthorityData | undefined;
const tomorrow = () => new Date(Date.now() + 86_400_000);

export default {
  pain: 'B27',
  title: 'an intermediate is not valid yet, as one made by a clock that is ahead',
  done: 'cacerts of one cluster gets an intermediate whose time begins tomorrow; istiod keeps what it had until it starts anew',
  inject: async (bed, { there }) => {
    original = await authorityOf(bed, there);
    await replaceAuthority(bed, there, { now: tomorrow() });
  },
  expects: {
    check: 'trust',
    names: [/^eks-2 Secret istio-system\/cacerts ca-cert\.pem is not valid before 20/m],
  },
  follows: [],
  points: /valid|clock|certificate/i,
  undo: async (bed, { there }) => {
    if (original) await restoreAuthority(bed, there, original);
  },
} satisfies Fault;
