import { isIsthmusError, messageOf } from '../errors/index.ts';
import { istiodStatus, remoteStatus, trustStatus } from '../istio/index.ts';
import type { ClusterProvider, MeshCluster } from '../provider/index.ts';
import type { ClusterStatus, GatewayStatus, StatusReport } from '../report/index.ts';
import type { ClusterSpec } from '../topology/index.ts';
import { forEachCluster, type Operation, Session } from './session.ts';

/**
 * One look at every cluster: providers, istiods, gateways, certificates and remote sync. A cluster
 * that cannot be looked at is a row that says so, never an exception.
 */
export async function statusOfMesh(options: Operation): Promise<StatusReport> {
  const session = new Session(options);
  const clusters = await forEachCluster(options.topology.clusters, (spec) => clusterStatus(session, spec));
  return { mesh: options.topology.name, time: new Date(), clusters };
}

async function clusterStatus(session: Session, spec: ClusterSpec): Promise<ClusterStatus> {
  const provider = await session.provider(spec.provider);
  const seen = await provider.observe(session.context, spec);
  const base = {
    cluster: spec.name,
    provider: spec.provider,
    network: spec.network,
    state: seen.state,
    detail: seen.detail,
    ...(seen.version ? { version: seen.version } : {}),
    gateways: [],
    certificates: {},
    remotes: [],
    problems: [],
  };
  if (seen.state === 'absent') return base;
  return { ...base, ...(await meshStatus(session, provider, spec)) };
}

/** Each part is looked at on its own: one that fails becomes a problem and leaves the rest. */
async function meshStatus(
  session: Session,
  provider: ClusterProvider,
  spec: ClusterSpec,
): Promise<Partial<ClusterStatus>> {
  const problems: string[] = [];
  const attempt = async <T>(what: string, look: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await look();
    } catch (error) {
      problems.push(`${what}: ${isIsthmusError(error) ? `${error.code} ` : ''}${messageOf(error)}`);
      return undefined;
    }
  };
  const cluster = await attempt('connection', () => session.cluster(spec));
  if (!cluster) return { problems };
  const [istiod, certificates, remotes, gateways] = await Promise.all([
    attempt('istiod', () => istiodStatus(cluster)),
    attempt('certificates', () => trustStatus(cluster)),
    attempt('remote clusters', () => remoteStatus(cluster)),
    attempt('gateways', () => gatewayStatus(session, provider, cluster)),
  ]);
  return {
    ...(istiod ? { istiod } : {}),
    certificates: certificates ?? {},
    remotes: remotes ?? [],
    gateways: gateways ?? [],
    problems,
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
