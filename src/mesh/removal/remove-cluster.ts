import { type IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { removeMeshObjects } from '../../istio/index.ts';
import { isMarked, type KeptObject, type KubeObject } from '../../kubernetes/index.ts';
import { allOf, NotReady, waitUntil } from '../../process/index.ts';
import type { ClusterProvider, MeshCluster } from '../../provider/index.ts';
import { note, span } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import { meshLeaseRef } from '../lease/cluster-lease.ts';
import type { Session } from '../session/session.ts';

/** How the removal of one cluster ended. */
export interface ClusterRemoval {
  readonly name: string;
  /** Why nobody can say that it is gone; undefined once it is. */
  readonly unreachable?: IsthmusError | undefined;
  /** What stays in a cluster that isthmus did not make, and why. */
  readonly kept: readonly KeptObject[];
}

interface Contents {
  readonly unreachable?: IsthmusError;
  readonly kept?: readonly KeptObject[];
}

/**
 * Remove one cluster, what it has in a cloud first. A cluster that isthmus did not make is cleaned
 * through its API alone: when that does not answer, the removal is not done, which is an answer and
 * not an exception, so that the other clusters are removed all the same.
 */
export async function removeCluster(
  session: Session,
  provider: ClusterProvider,
  name: string,
): Promise<ClusterRemoval> {
  const { reporter } = session.context;
  return span(reporter, { title: 'remove', cluster: name }, async (handle) => {
    const spec = session.topology.clusters.find((cluster) => cluster.name === name);
    const { unreachable, kept = [] } = spec ? await removeContents(session, spec) : {};
    if (unreachable) {
      handle.ends('failed', unreachable.message);
      return { name, unreachable, kept };
    }
    await provider.remove(session.contextFor(handle), name);
    return { name, kept };
  });
}

/** What must go before the cluster itself; returns why it could not where nothing else removes it. */
async function removeContents(session: Session, spec: ClusterSpec): Promise<Contents> {
  // A local node takes its load balancers with it; elsewhere they outlive the cluster and cost money.
  if (spec.provider === 'local') return {};
  if (spec.provider === 'existing') return emptyExisting(session, spec);
  const cluster = await connectIfThere(session, spec);
  if (cluster) await removeLoadBalancers(session, cluster);
  return {};
}

async function emptyExisting(session: Session, spec: ClusterSpec): Promise<Contents> {
  const { signal, reporter } = session.context;
  try {
    const cluster = await session.cluster(spec);
    await cluster.kube.version({ signal });
    await removeLoadBalancers(session, cluster);
    const { kept } = await removeMeshObjects({ cluster, reporter, signal });
    await cluster.kube.remove(meshLeaseRef(cluster.spec), { signal });
    return { kept };
  } catch (error) {
    if (isUnreachable(error)) return { unreachable: error };
    throw error;
  }
}

const isUnreachable = (error: unknown): error is IsthmusError =>
  isIsthmusError(error) && error.code === 'CLUSTER_UNREACHABLE';

async function connectIfThere(session: Session, spec: ClusterSpec): Promise<MeshCluster | undefined> {
  try {
    const cluster = await session.cluster(spec);
    await cluster.kube.version({ signal: session.context.signal });
    return cluster;
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    note(session.context.reporter, {
      level: 'warn',
      code: error.code,
      message: `${spec.name} does not answer; its load balancers cannot be removed through it`,
      cluster: spec.name,
    });
    return undefined;
  }
}

/**
 * Milliseconds that a cloud may take to let go of a load balancer: a network load balancer first lets its targets
 * drain, and its network interfaces may stay for ten minutes more.
 */
const loadBalancerMs = 1_200_000;

/** Services of type LoadBalancer that isthmus made, deleted and waited for until the provider has none. */
async function removeLoadBalancers(session: Session, cluster: MeshCluster): Promise<void> {
  const { signal } = session.context;
  const services = await cluster.kube.list('v1', 'Service', {
    labelSelector: 'app.kubernetes.io/managed-by=isthmus',
    signal,
  });
  const balanced = services.filter(
    (service) =>
      isMarked(service) && (service['spec'] as { type?: string } | undefined)?.type === 'LoadBalancer',
  );
  const ours = new Set(balanced.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`));
  const remove = ({ metadata: { namespace, name = '' } = {} }: KubeObject) =>
    cluster.kube.remove(
      { apiVersion: 'v1', kind: 'Service', namespace, name },
      { signal, wait: true, timeoutMs: loadBalancerMs },
    );
  await allOf(balanced.map(remove), { names: [...ours], things: 'load balancers' });
  if (ours.size > 0) await waitForNoLoadBalancer(session, cluster, ours);
}

/** @param services `namespace/name` of those whose load balancers must go */
async function waitForNoLoadBalancer(
  session: Session,
  cluster: MeshCluster,
  services: ReadonlySet<string>,
): Promise<void> {
  const { signal } = session.context;
  const provider = await session.provider(cluster.spec.provider);
  const what = `${cluster.spec.name}'s load balancers to go`;
  await waitUntil({ what, timeoutMs: loadBalancerMs, signal, maxDelayMs: 5000 }, async () => {
    const found = await provider.loadBalancers(session.context, cluster.spec);
    const left = found
      .map(({ namespace, service }) => `${namespace}/${service}`)
      .filter((name) => services.has(name));
    if (left.length > 0) throw new NotReady(left.join(', '));
  });
}
