import { isIsthmusError, messageOf } from '../../errors/index.ts';
import {
  istiodStatus,
  olderProxies,
  remoteStatus,
  tellOlderProxies,
  trustStatus,
} from '../../istio/index.ts';
import type { ClusterObservation, ClusterProvider, MeshCluster } from '../../provider/index.ts';
import {
  type ClusterStatus,
  type GatewayStatus,
  type StatusReport,
  type UnseenCluster,
  unseenState,
} from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import { workIn } from '../lease/mesh-lease.ts';
import { reachCluster, unseenOf } from '../session/reach-cluster.ts';
import { forEachCluster, type Operation, Session } from '../session/session.ts';

/**
 * One look at every cluster: providers, istiods, gateways, certificates and remote sync. A cluster
 * that cannot be looked at is a row that says so, never an exception; only INTERRUPTED is thrown.
 */
export async function statusOfMesh(options: Operation): Promise<StatusReport> {
  const session = new Session(options);
  const clusters = await forEachCluster(options.topology.clusters, (spec) => clusterStatus(session, spec));
  return { mesh: options.topology.name, time: new Date(), clusters };
}

/** One cluster's row, by itself; also where what its provider needs cannot be had. */
export async function clusterStatus(session: Session, spec: ClusterSpec): Promise<ClusterStatus> {
  try {
    return await rowOf(session, await session.provider(spec.provider), spec);
  } catch (error) {
    return unseenStatus(spec, unseenOf(spec.name, error));
  }
}

async function rowOf(session: Session, provider: ClusterProvider, spec: ClusterSpec): Promise<ClusterStatus> {
  const [seen, { cluster, unseen }] = await Promise.all([
    observeCluster(session, provider, spec),
    reachCluster(session, spec),
  ]);
  const { state, detail, version } = seen;
  const row = { ...emptyRow(spec), state, detail, ...(version ? { version } : {}) };
  if (state === 'absent') return row;
  if (cluster) return { ...row, ...(await meshStatus(session, provider, cluster)) };
  // A provider that knows more than that it does not answer, such as that it just starts, is believed.
  const alive = state === 'ready' || state === 'degraded';
  const problems = [`connection: ${unseen.code} ${unseen.message}`];
  return { ...row, state: alive ? unseenState(unseen.code) : state, unseen, problems };
}

const emptyRow = ({ name, provider, network }: ClusterSpec) => ({
  cluster: name,
  provider,
  network,
  gateways: [],
  certificates: {},
  remotes: [],
  problems: [],
});

/** The row of a cluster of which nothing is known but that it does not answer. */
export const unseenStatus = (spec: ClusterSpec, unseen: UnseenCluster): ClusterStatus => ({
  ...emptyRow(spec),
  state: unseenState(unseen.code),
  detail: `${unseen.code} ${unseen.message}`,
  unseen,
});

async function observeCluster(
  session: Session,
  provider: ClusterProvider,
  spec: ClusterSpec,
): Promise<ClusterObservation> {
  try {
    return await provider.observe(session.context, spec);
  } catch (error) {
    const { code, message } = unseenOf(spec.name, error);
    return { cluster: spec.name, state: unseenState(code), detail: `${code} ${message}` };
  }
}

/** Each part is looked at on its own: one that fails becomes a problem and leaves the rest. */
async function meshStatus(
  session: Session,
  provider: ClusterProvider,
  cluster: MeshCluster,
): Promise<Partial<ClusterStatus>> {
  const { signal } = session.context;
  const problems: string[] = [];
  const attempt = async <T>(what: string, look: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await look();
    } catch (error) {
      if (isIsthmusError(error) && error.code === 'INTERRUPTED') throw error;
      problems.push(`${what}: ${isIsthmusError(error) ? `${error.code} ` : ''}${messageOf(error)}`);
      return undefined;
    }
  };
  const [istiod, certificates, remotes, gateways, work] = await Promise.all([
    attempt('istiod', () => istiodStatus(cluster, { signal })),
    attempt('certificates', () => trustStatus(cluster, { signal })),
    attempt('remote clusters', () => remoteStatus(cluster, { signal })),
    attempt('gateways', () => gatewayStatus(session, provider, cluster)),
    attempt('lease', () => workIn(cluster, { signal })),
  ]);
  const oldest = istiod?.version?.split(', ')[0];
  if (oldest)
    problems.push(
      ...((await attempt('proxies', async () =>
        tellOlderProxies(cluster, oldest, await olderProxies(cluster, oldest, { signal })),
      )) ?? []),
    );
  return {
    ...(istiod ? { istiod } : {}),
    certificates: certificates ?? {},
    remotes: remotes ?? [],
    gateways: gateways ?? [],
    problems,
    ...(work ? { work } : {}),
  };
}

async function gatewayStatus(
  session: Session,
  provider: ClusterProvider,
  cluster: MeshCluster,
): Promise<GatewayStatus[]> {
  const balancers = await provider.loadBalancers(session.context, cluster.spec);
  return balancers.map(({ namespace, service, addresses, listeners }) => {
    const targets = listeners.flatMap((listener) => listener.targets);
    const ready = targets.filter(({ state }) => state === 'healthy').length;
    return { name: `${namespace}/${service}`, addresses, ready, total: targets.length };
  });
}
