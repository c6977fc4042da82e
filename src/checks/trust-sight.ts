import {
  EAST_WEST_GATEWAY,
  INGRESS_NAMESPACE,
  type IstiodRoots,
  istiodRoots,
  type ProxyCertificates,
  proxyCertificates,
  type RunningPod,
  runningPods,
} from '../istio/index.ts';
import { type CertificateInfo, parseBundle } from '../pki/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import type { LookContext } from './check.ts';

export interface IstiodTrust extends IstiodRoots {
  readonly pod: string;
}

export interface ProxyTrust {
  /** `namespace/name`. */
  readonly pod: string;
  readonly certificates: ProxyCertificates;
}

/** What one cluster trusts, at its three layers. */
export interface TrustSight {
  readonly cluster: MeshCluster;
  /** Decoded `cacerts`; undefined without one. */
  readonly secret: Readonly<Record<string, string>> | undefined;
  /** Roots of `cacerts`; empty if there are none or they cannot be read. */
  readonly roots: readonly CertificateInfo[];
  readonly istiods: readonly IstiodTrust[];
  readonly proxies: readonly ProxyTrust[];
}

/** Read secret, istiods and proxies of one cluster at once. */
export async function observeTrust(cluster: MeshCluster, context: LookContext): Promise<TrustSight> {
  const [secret, istiods, proxies] = await Promise.all([
    context.facts.authoritySecret(cluster),
    istiodTrust(cluster, context),
    proxyTrust(cluster, context),
  ]);
  return { cluster, secret, roots: readable(secret?.['root-cert.pem'] ?? ''), istiods, proxies };
}

/** A broken bundle is reported by the look at the secret; here it only counts as no root. */
function readable(bundle: string): CertificateInfo[] {
  try {
    return parseBundle(bundle);
  } catch {
    return [];
  }
}

async function istiodTrust(cluster: MeshCluster, { facts, signal }: LookContext): Promise<IstiodTrust[]> {
  const pods = (await facts.istiods(cluster)).filter(({ ready }) => ready);
  return Promise.all(
    pods.map(async ({ name }) => ({ pod: name, ...(await istiodRoots(cluster, name, { signal })) })),
  );
}

/** A few of each kind are enough: all proxies of a cluster get their roots from the same istiods. */
const atMost = 3;

async function proxyTrust(cluster: MeshCluster, { facts, signal }: LookContext): Promise<ProxyTrust[]> {
  const app = `istio=${EAST_WEST_GATEWAY.replace(/^istio-/, '')}`;
  const groups = await Promise.all([
    facts.samplePods(cluster, 'sleep'),
    facts.samplePods(cluster, 'helloworld'),
    runningPods(cluster, INGRESS_NAMESPACE, app, { signal }),
  ]);
  const pods = groups.flatMap((group) => group.filter(hasReadyProxy).slice(0, atMost));
  return Promise.all(
    pods.map(async (pod) => ({
      pod: `${pod.namespace}/${pod.name}`,
      certificates: await proxyCertificates(cluster, pod, { signal }),
    })),
  );
}

const hasReadyProxy = ({ ready, containers }: RunningPod): boolean =>
  ready && containers.includes('istio-proxy');
