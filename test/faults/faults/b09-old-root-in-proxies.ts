import { type AuthorityData, authorityOf, exchangeRoot, restoreAuthority } from '../authority.ts';
import { type Fault, restartProxies } from '../fault.ts';

const originals = new Map<string, AuthorityData>();

export default {
  pain: 'B9',
  title: 'proxies keep the old root after the root was exchanged',
  done: 'every cacerts gets a new root at once and every istiod is restarted, the pods with proxies are not',
  inject: async (bed, { here, there }) => {
    for (const cluster of [here, there]) originals.set(cluster, await authorityOf(bed, cluster));
    await exchangeRoot(bed, [here, there]);
  },
  expects: { check: 'trust', names: [/^eks-1 Pod \S+ trusts no root of the mesh/m] },
  follows: [],
  points: /root|certificate/i,
  undo: async (bed, { here, there }) => {
    const back = ([cluster, data]: [string, AuthorityData]) => restoreAuthority(bed, cluster, data);
    await Promise.all([...originals].map(back));
    await Promise.all([here, there].map((cluster) => restartProxies(bed, cluster)));
  },
} satisfies Fault;
