import { EAST_WEST_LABEL } from '../../istio/index.ts';
import type { Deployment, KubeObject } from '../../kubernetes/index.ts';
import type { MeshCluster, OutagePart } from '../../provider/index.ts';
import type { Change } from '../frame/change.ts';
import { blocked, type Home, type Target } from '../frame/target.ts';
import type { PodSelection } from '../frame/until-gone.ts';
import { connectTimeoutSeconds, objectOf, perTrySeconds } from '../traffic-policy.ts';

/** One way in which a cluster fails its callers. */
export interface FailureKind {
  readonly id: string;
  readonly title: string;
  /** What is done, as the end of "in eks-1, …". */
  readonly act: (subject: { target: Target; home: Home }) => string;
  /** Seconds from the act within which the last error may be. */
  readonly withinSeconds: number;
  /** Does it hit the callers of the cluster itself, or those of the other clusters? `nobody` is to notice anything. */
  readonly hits: 'own' | 'others' | 'nobody';
  /** Pods that go by it. One that ends goes on answering for a while, which is no failure of the others. */
  readonly goes?: ((target: Target) => PodSelection) | undefined;
  /** What of the cluster its provider stops; its pods cannot be talked to meanwhile. */
  readonly outage?: OutagePart | undefined;
  /** Seconds within which the cluster answers again when it is back; 60 by default. */
  readonly returnSeconds?: number | undefined;
  /** What does it, and is taken back afterwards. DRILL_BLOCKED if there is nothing to do it to. */
  readonly changes: (subject: { target: Target; home: Home; signal: AbortSignal }) => Promise<Change[]>;
}

/** Consecutive errors that eject an endpoint are soon together; then istiod's or Envoy's own pace counts. */
const ejectionSeconds = 3;

const noPods: FailureKind = {
  id: 'no-pods',
  title: 'the service has no pods there any more',
  act: ({ home }) => `scale ${home.workloads.map(({ kind, name }) => `${kind} ${name}`).join(', ')} to 0`,
  withinSeconds: 2,
  hits: 'own',
  goes: ({ namespace, selector: labelSelector }) => ({ namespace, labelSelector }),
  changes: async ({ target, home }) => {
    if (home.workloads.length === 0)
      throw blocked(
        `nothing that could be scaled makes the pods of ${target.name} in ${home.cluster.spec.name}`,
        {
          hint: 'a pod without a Deployment would not come back; choose another service or --kind errors',
        },
      );
    return home.workloads.map((ref) => ({ kind: 'patch', ref, set: { spec: { replicas: 0 } } }));
  },
};

const errors: FailureKind = {
  id: 'errors',
  title: 'every pod there answers 503',
  act: () => 'let the proxies of its pods answer 503 (an EnvoyFilter)',
  withinSeconds: ejectionSeconds,
  hits: 'own',
  changes: async ({ target }) => [
    faultIn(target, { abort: { http_status: 503, percentage: { numerator: 100 } } }),
  ],
};

const hang: FailureKind = {
  id: 'hang',
  title: 'every pod there takes requests and never answers',
  act: () => 'let the proxies of its pods hold every request back (an EnvoyFilter)',
  withinSeconds: ejectionSeconds + 2 * perTrySeconds,
  hits: 'own',
  changes: async ({ target }) => [
    faultIn(target, { delay: { fixed_delay: '3600s', percentage: { numerator: 100 } } }),
  ],
};

const gateway: FailureKind = {
  id: 'gateway',
  title: 'its east-west gateway is gone, so nobody elsewhere reaches its pods',
  act: () => 'scale the east-west gateway to 0',
  withinSeconds: connectTimeoutSeconds + 2,
  hits: 'others',
  goes: () => ({ labelSelector: `istio=${EAST_WEST_LABEL}` }),
  changes: async ({ home, signal }) => {
    const gateways = await eastWestDeployments(home.cluster, signal);
    if (gateways.length === 0)
      throw blocked(`${home.cluster.spec.name} has no east-west gateway`, {
        hint: 'clusters of one network have none; choose another --kind',
      });
    return gateways.map(({ metadata }) => ({
      kind: 'patch',
      ref: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        namespace: metadata?.namespace,
        name: metadata?.name ?? '',
      },
      set: { spec: { replicas: 0 } },
    }));
  },
};

const apiServer: FailureKind = {
  id: 'api-server',
  title: 'its API server is gone, and all that runs there goes on',
  act: () => 'stop the API server alone',
  withinSeconds: 0,
  hits: 'nobody',
  outage: 'api-server',
  changes: async ({ home }) => [{ kind: 'outage', cluster: home.cluster.spec.name, part: 'api-server' }],
};

const wholeCluster: FailureKind = {
  id: 'cluster',
  title: 'all of it is gone at once: nodes, control plane, gateways, pods',
  act: () => 'kill everything that runs in the cluster',
  withinSeconds: ejectionSeconds + perTrySeconds,
  hits: 'others',
  outage: 'cluster',
  returnSeconds: 180,
  changes: async ({ home }) => [{ kind: 'outage', cluster: home.cluster.spec.name, part: 'cluster' }],
};

export const failureKinds: readonly FailureKind[] = [noPods, errors, hang, gateway, apiServer, wholeCluster];

async function eastWestDeployments({ kube }: MeshCluster, signal: AbortSignal): Promise<Deployment[]> {
  const all = await kube.list<Deployment>('apps/v1', 'Deployment', {
    labelSelector: `istio=${EAST_WEST_LABEL}`,
    signal,
  });
  return all.filter(({ spec }) => (spec?.replicas ?? 1) > 0 && spec !== undefined);
}

/** A fault at the door of the pods themselves, so that every caller meets it, wherever it is. */
function faultIn(target: Target, fault: object): Change {
  const type = { apiVersion: 'networking.istio.io/v1alpha3', kind: 'EnvoyFilter' };
  const name = 'envoy.filters.http.fault';
  const typed = 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault';
  const object: KubeObject = objectOf(type, target, {
    workloadSelector: { labels: target.labels },
    configPatches: [
      {
        applyTo: 'HTTP_FILTER',
        match: {
          context: 'SIDECAR_INBOUND',
          listener: {
            filterChain: {
              filter: {
                name: 'envoy.filters.network.http_connection_manager',
                subFilter: { name: 'envoy.filters.http.router' },
              },
            },
          },
        },
        patch: {
          operation: 'INSERT_BEFORE',
          value: { name: `isthmus.drill.${name}`, typed_config: { '@type': typed, ...fault } },
        },
      },
    ],
  });
  return { kind: 'create', object };
}

/** For the hint of a kind that does not exist. */
export const kindNames = failureKinds.map(({ id }) => id).join(', ');
