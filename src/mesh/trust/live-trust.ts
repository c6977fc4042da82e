import { type PluggedAuthority, readPlugged } from '../../istio/index.ts';
import type { KubeObject } from '../../kubernetes/index.ts';
import { anchorOf, type CertificateInfo, readableCertificates } from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { UnseenCluster } from '../../report/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import { reachCluster, unseenOf } from '../session/reach-cluster.ts';
import { forEachCluster, type Session } from '../session/session.ts';

/** What one cluster says of the mesh's root. */
export interface LiveTrust {
  readonly cluster: string;
  /** It does not exist yet. */
  readonly absent: boolean;
  /** Why it could not be looked at. */
  readonly unseen?: UnseenCluster | undefined;
  readonly cacerts?: PluggedAuthority | undefined;
  /** The root below which its CA signs. */
  readonly anchor?: CertificateInfo | undefined;
  /** Every root that its proxies trust. */
  readonly trusted: readonly CertificateInfo[];
}

/** Clusters that need not be asked. */
export interface KnownClusters {
  readonly absent: ReadonlySet<string>;
  readonly unseen: readonly UnseenCluster[];
}

/** Ask every cluster of the mesh at once which root it has; changes nothing. */
export function liveTrust(session: Session, known: KnownClusters): Promise<LiveTrust[]> {
  return forEachCluster(session.topology.clusters, async (spec): Promise<LiveTrust> => {
    const base = { cluster: spec.name, absent: false, trusted: [] };
    if (known.absent.has(spec.name)) return { ...base, absent: true };
    const unseen = known.unseen.find(({ cluster }) => cluster === spec.name);
    if (unseen) return { ...base, unseen };
    const reached = await reachCluster(session, spec);
    if (!reached.cluster) return { ...base, unseen: reached.unseen };
    try {
      return { ...base, ...(await trustOf(reached.cluster, session.context.signal)) };
    } catch (error) {
      return { ...base, unseen: unseenOf(spec.name, error) };
    }
  });
}

/** Which clusters of the file do not exist yet, by their providers' lists. */
export async function absentClusters(session: Session): Promise<ReadonlySet<string>> {
  const providers = await session.providers();
  const lists = await Promise.all(
    providers.map(async ({ provider, clusters }) => {
      const there = new Set(await provider.list(session.context));
      return clusters.map(({ name }) => name).filter((name) => !there.has(name));
    }),
  );
  return new Set(lists.flat());
}

async function trustOf(cluster: MeshCluster, signal: AbortSignal) {
  const cacerts = await readPlugged(cluster, signal);
  if (cacerts)
    return {
      cacerts,
      anchor: anchorOf(cacerts.data),
      trusted: readableCertificates(cacerts.data['root-cert.pem']),
    };
  return { trusted: await handedOut(cluster, signal) };
}

/** What istiod handed out while it had a `cacerts`; proxies trust it still. */
async function handedOut({ kube, spec }: MeshCluster, signal: AbortSignal): Promise<CertificateInfo[]> {
  const namespace = istioNamespaceOf(spec);
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'istio-ca-root-cert' };
  const map = await kube.get<KubeObject & { data?: Record<string, string> }>(ref, { signal });
  return readableCertificates(map?.data?.['root-cert.pem']);
}
