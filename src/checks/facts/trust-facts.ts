import {
  type AuthoritySource,
  eastWestServices,
  type IstiodRoots,
  istiodRoots,
  type ProxyCertificates,
  proxyCertificates,
  type RunningPod,
  runningPods,
} from '../../istio/index.ts';
import { selectorOf } from '../../kubernetes/index.ts';
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
  readonly proxies: readonly ProxyTrust[];
}

/** Read secret, istiods and proxies of one cluster at once. */
export async function observeTrust(cluster: MeshCluster, context: CheckRunContext): Promise<TrustFacts> {
  const [source, istiods, proxies] = await Promise.all([
    context.facts.authority(cluster),
    istiodTrust(cluster, context),
    proxyTrust(cluster, context),
  ]);
  return { cluster, source, roots: readable(source.rootsPem), istiods, proxies };
}

/** A broken bundle is reported by the look at the source; here it only counts as no root. */
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
    pods.map(async ({ name }) => ({ pod: name, ...(await istiodRoots(cluster, name, { signal })) })),
  );
}

/** A few of each kind are enough: all proxies of a cluster get their roots from the same istiods. */
const atMost = 3;

async function proxyTrust(cluster: MeshCluster, context: CheckRunContext): Promise<ProxyTrust[]> {
  const { facts, signal } = context;
  const groups = await Promise.all([
    facts.samplePods(cluster, 'sleep'),
    facts.samplePods(cluster, 'helloworld'),
    gatewayPods(cluster, context),
  ]);
  const pods = groups.flatMap((group) => group.filter(hasReadyProxy).slice(0, atMost));
  return Promise.all(
    pods.map(async (pod) => ({
      pod: `${pod.namespace}/${pod.name}`,
      certificates: await proxyCertificates(cluster, pod, { signal }),
    })),
  );
}

async function gatewayPods(cluster: MeshCluster, { signal }: CheckRunContext): Promise<RunningPod[]> {
  const services = await eastWestServices(cluster.kube, { signal });
  const found = await Promise.all(
    services.map(({ metadata, spec }) => {
      const selector = selectorOf(spec?.selector);
      if (selector === '') return [];
      return runningPods(cluster, metadata?.namespace ?? '', selector, { signal });
    }),
  );
  return found.flat();
}

const hasReadyProxy = ({ ready, containers }: RunningPod): boolean =>
  ready && containers.includes('istio-proxy');
