import { isIsthmusError } from '../../errors/index.ts';
import {
  type ExpectedEndpoints,
  proxyClusters,
  type RunningPod,
  type ServiceRef,
} from '../../istio/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, unproven } from '../../report/index.ts';
import { hostPort } from '../../topology/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { verdict } from '../engine/findings.ts';
import { expectedFrom } from '../facts/expected-from.ts';
import type { ReadAge } from '../facts/fresh-read.ts';
import { noClient, notProven, sampleService } from '../facts/sample-service.ts';
import { sidecarsBeside } from '../facts/shared-service.ts';
import { diffEndpoints, type EndpointDifference } from './parts/endpoint-diff.ts';

export const sync = defineCheck({
  id: 'sync',
  title: 'proxies hold exactly the endpoints that all clusters together have',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters', 'istiod'],
  readsEveryCluster: true,
  retryWhileRollingOut: true,
  cause: 'istiod does not see another cluster, a network label is missing, or a gateway’s address changed',
  inspect: [
    'istioctl --context CLUSTER -n sample proxy-config endpoints deploy/sleep --cluster "outbound|5000||helloworld.sample.svc.cluster.local"',
    'kubectl --context CLUSTER -n sample get endpointslices -l kubernetes.io/service-name=helloworld',
  ],
  fix: {
    withFile: 'isthmus check remotes secrets gateways shows which part is at fault; isthmus up mends it',
    byHand:
      'isthmus doctor --all shows every part, remotes, secrets and gateways among them; kubectl --context {context} -n {istioNamespace} rollout restart deployment/istiod if only endpoints are stale',
  },
  timeoutMs: 30_000,
  async run(context, cluster) {
    const service = await context.facts.testedService();
    if (!service) return notProven(context, 'no service is in every cluster whose endpoints proxies hold');
    const pods = await readable(cluster, service, context);
    if (pods.length === 0 && service === sampleService)
      return noClient(cluster, 'has no ready pod whose proxy could be read');
    if (pods.length === 0)
      return notProven(context, `no pod with a sidecar is in namespace ${service.namespace} here`);
    const last = await untilStable(cluster, pods, { ...context, service });
    if (last.perPod.every(({ held }) => held === 0) && service !== sampleService)
      return notProven(
        context,
        `the sidecars of namespace ${service.namespace} do not look at ${service.name}`,
      );
    const failures = last.perPod.flatMap(({ pod, differences }) =>
      differences.map((difference) =>
        problemOf(cluster, pod, { ...difference, namespace: service.namespace }),
      ),
    );
    const { endpoints } = last.expected;
    const evidence = endpoints.map(
      (one) => `${hostPort(one)} weight ${one.weight}, ${one.via} of ${one.cluster}`,
    );
    const unreachable = last.expected.unreachable.map((one) => unreachableProblem(cluster, one));
    const detail = `${endpoints.length} endpoints of ${service.name} as expected in ${pods.length} ${service === sampleService ? 'sleep ' : ''}proxies`;
    const found = { failures: [...failures, ...unreachable], warnings: [] };
    if (endpoints.length === 0 && found.failures.length === 0)
      return unproven(`no cluster has an endpoint of ${service.name} that a proxy could hold`);
    const nothing = 'there is no proxy to look at';
    return verdict(found, { detail, evidence, looked: pods.length, nothing });
  },
});

/** The samples' clients; of a service of the user's whatever has a sidecar beside it. */
async function readable(
  cluster: MeshCluster,
  service: ServiceRef,
  context: CheckRunContext,
): Promise<readonly RunningPod[]> {
  if (service !== sampleService) return sidecarsBeside(cluster, service, context);
  return (await context.facts.samplePods(cluster, 'sleep')).filter(({ ready }) => ready);
}

type ServiceContext = CheckRunContext & { readonly service: ServiceRef };

interface Comparison {
  readonly expected: ExpectedEndpoints;
  readonly perPod: readonly {
    readonly pod: string;
    /** Endpoints that its proxy has of the service; none may also mean that it was told not to look. */
    readonly held: number;
    readonly differences: readonly EndpointDifference[];
  }[];
}

/** While pods come and go a proxy is a moment behind the truth; only what stays different is a finding. */
const settleMs = 2500;

async function untilStable(
  cluster: MeshCluster,
  pods: readonly RunningPod[],
  context: ServiceContext,
): Promise<Comparison> {
  const options = {
    what: 'the proxies’ endpoints',
    timeoutMs: settleMs,
    signal: context.signal,
    delayMs: 500,
  };
  let last: Comparison | undefined;
  try {
    return await waitUntil(options, async () => {
      last = await compare(cluster, pods, { ...context, age: last ? 'now' : 'recent' });
      if (last.perPod.every(({ differences }) => differences.length === 0)) return last;
      throw new NotReady('endpoints differ');
    });
  } catch (error) {
    if (last && isIsthmusError(error) && error.code === 'TIMED_OUT') return last;
    throw error;
  }
}

async function compare(
  cluster: MeshCluster,
  pods: readonly RunningPod[],
  context: ServiceContext & { readonly age: ReadAge },
): Promise<Comparison> {
  const { signal, service } = context;
  const from = cluster.spec.name;
  const [expected, ...held] = await Promise.all([
    expectedFrom(from, service, context),
    ...pods.map((pod) => proxyClusters(cluster, pod, { signal })),
  ]);
  const { endpoints, facts, envoyCluster } = expected;
  const perPod = pods.map(({ name }, index) => {
    const own = (held[index] ?? []).filter((one) => one.cluster === envoyCluster);
    return {
      pod: name,
      held: own.length,
      differences: diffEndpoints({ expected: endpoints, held: own, facts }),
    };
  });
  return { expected, perPod };
}

const causes: Partial<Record<EndpointDifference['kind'], string>> = {
  missing: 'istiod does not know the endpoint: it does not see that cluster, or its push did not arrive',
  extra: 'istiod still believes in a pod or gateway address that is gone',
  'wrong gateway': 'that cluster has no ready pod, or its gateway carries another network’s label',
  'wrong network': 'istiod knows no gateway of that network, or takes the pod for one of its own',
  'wrong weight': 'istiod counts only one of several zones or gateways',
  'wrong health': 'connections to it failed, or istiod did not learn that its pod changed',
};

function problemOf(
  { spec }: MeshCluster,
  pod: string,
  { kind, cluster, message, namespace }: EndpointDifference & { readonly namespace: string },
): Finding {
  return {
    cluster: spec.name,
    ...(cluster && cluster !== spec.name ? { peer: cluster } : {}),
    object: `Pod ${namespace}/${pod}`,
    message: `${kind}: its proxy ${message}`,
    cause: causes[kind],
  };
}

const unreachableProblem = ({ spec }: MeshCluster, one: { cluster: string; reason: string }): Finding => ({
  cluster: one.cluster,
  message: `its pods cannot be reached from ${spec.name}: ${one.reason}`,
  fix: {
    withFile: 'isthmus check gateways names what is missing; isthmus up mends it',
    byHand: 'isthmus doctor --all names what the gateways of {cluster} lack',
  },
});
