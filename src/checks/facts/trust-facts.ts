import pLimit from 'p-limit';
import {
  type AuthoritySource,
  type IstiodRoots,
  isReadyProxy,
  istiodRoots,
  type ProxyCertificates,
  proxyCertificates,
  type RunningPod,
  runningOf,
} from '../../istio/index.ts';
import type { Pod } from '../../kubernetes/index.ts';
import { type CertificateInfo, parseBundle } from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { CheckRunContext } from '../engine/check.ts';

export interface IstiodTrust extends IstiodRoots {
  readonly pod: string;
}

export interface ProxyTrust {
  /** `namespace/name`. */
  readonly pod: string;
  readonly certificates: ProxyCertificates;
}

/** What one cluster trusts, at its three layers. */
export interface TrustFacts {
  readonly cluster: MeshCluster;
  /** Who signs here. */
  readonly source: AuthoritySource;
  /** Roots of the source; empty if there are none or they cannot be read. */
  readonly roots: readonly CertificateInfo[];
  readonly istiods: readonly IstiodTrust[];
  /** Those that were asked; of very many only some of each workload. */
  readonly proxies: readonly ProxyTrust[];
  /** How many ready proxies there are. */
  readonly liveProxies: number;
}

/** Read secret, istiods and proxies of one cluster at once. */
export async function observeTrust(cluster: MeshCluster, context: CheckRunContext): Promise<TrustFacts> {
  const [source, istiods, { proxies, liveProxies }] = await Promise.all([
    context.facts.authority(cluster),
    istiodTrust(cluster, context),
    proxyTrust(cluster, context),
  ]);
  return { cluster, source, roots: readable(source.rootsPem), istiods, proxies, liveProxies };
}

/** A bundle that cannot be read counts as no root, which is a finding about the source. */
function readable(bundle: string): CertificateInfo[] {
  try {
    return parseBundle(bundle);
  } catch {
    return [];
  }
}

async function istiodTrust(cluster: MeshCluster, { facts, signal }: CheckRunContext): Promise<IstiodTrust[]> {
  const pods = (await facts.istiods(cluster)).filter(({ ready }) => ready);
  return Promise.all(
    pods.map(async ({ name }) => {
      const roots = await istiodRoots(cluster, facts.istiodMetrics(cluster, name), { signal });
      return { pod: name, ...roots };
    }),
  );
}

/** Proxies asked in each cluster: all, or of very many the first of each workload, then the second and so on. */
const atMost = 40;
/** Each is a command in a pod, so not all at once. */
const atOnce = 8;

async function proxyTrust(
  cluster: MeshCluster,
  { facts, signal }: CheckRunContext,
): Promise<Pick<TrustFacts, 'proxies' | 'liveProxies'>> {
  const live = runningOf(await facts.objects<Pod>(cluster, 'v1', 'Pod')).filter(isReadyProxy);
  const limit = pLimit(atOnce);
  const proxies = await limit.map(sampled(live), async (pod) => ({
    pod: `${pod.namespace}/${pod.name}`,
    certificates: await proxyCertificates(cluster, pod, { signal }),
  }));
  return { proxies, liveProxies: live.length };
}

/** Some of every workload rather than all of one: a workload's pods get their roots in the same way. */
export function sampled(pods: readonly RunningPod[], most = atMost): RunningPod[] {
  const seen = new Map<string, number>();
  const ranked = pods.map((pod) => {
    const workload = `${pod.namespace}/${pod.name.replace(/-[a-z0-9]+(-[a-z0-9]{5})?$/, '')}`;
    const rank = seen.get(workload) ?? 0;
    seen.set(workload, rank + 1);
    return { pod, rank };
  });
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ pod }) => pod);
}
