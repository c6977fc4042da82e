import type { Deployment } from '../../kubernetes/index.ts';
import type { LoadBalancer, LoadBalancerTarget, MeshCluster } from '../../provider/index.ts';
import { type Finding, skip } from '../../report/index.ts';
import { hostPort, isOneNetwork } from '../../topology/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { verdict } from '../engine/findings.ts';
import { namespacedNameOf } from '../facts/istio-objects.ts';
import { closedTargets } from './parts/closed-targets.ts';
import { describedWays } from './parts/described-gateways.ts';
import { entryAddresses } from './parts/entry-addresses.ts';

export const loadBalancers = defineCheck({
  id: 'lb',
  title: 'every target of every gateway’s load balancer is healthy',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters'],
  retryWhileRollingOut: true,
  cause:
    'the gateway’s pods are not ready, or a security group, subnet or health check keeps the balancer from them',
  inspect: [
    'isthmus check lb -o json',
    'kubectl --context CLUSTER -n istio-ingress get svc,endpointslices,pods -o wide',
    'aws elbv2 describe-target-health --target-group-arn ARN',
  ],
  fix: {
    withFile:
      'make the gateway’s pods ready; wait with isthmus check lb --wait 300 while targets are initial',
    byHand:
      'kubectl --context {context} describe services -A -l istio=eastwestgateway; make the gateway’s pods ready and let the load balancer reach them',
  },
  timeoutMs: 30_000,
  async run(context, cluster) {
    const balancers = await context.facts.loadBalancers(cluster);
    if (balancers.length === 0 && isOneNetwork(context.topology))
      return skip('all clusters share one network, and no gateway here has a load balancer');
    const otherwise = balancers.length === 0 ? await reachedOtherwise(cluster, context) : [];
    if (otherwise.length > 0)
      return skip(`no gateway here has a load balancer, its addresses are ${otherwise.join(', ')}`);
    const problems = await Promise.all(balancers.map((one) => balancerProblems(cluster, one, context)));
    const failures = [...missing(cluster, balancers), ...problems.flat()];
    const targets = balancers.flatMap(({ listeners }) => listeners.flatMap((one) => one.targets));
    const healthy = targets.filter(({ state }) => state === 'healthy').length;
    const detail = `${balancers.length} load balancers, ${healthy} of ${targets.length} targets healthy`;
    const nothing = 'no load balancer has a target';
    const evidence = balancers.flatMap(evidenceOf);
    return verdict({ failures, warnings: [] }, { detail, evidence, looked: targets.length, nothing });
  },
});

/** Addresses of gateways by externalIPs, nodes or what peers are told, behind which there is no balancer to look at. */
async function reachedOtherwise(cluster: MeshCluster, context: CheckRunContext): Promise<readonly string[]> {
  const seen = await context.facts.gateways(cluster);
  // A provider does not know what mesh configuration makes a gateway.
  const services = seen.services.filter(
    (one) => one.spec?.type !== 'LoadBalancer' || seen.stated?.named.includes(namespacedNameOf(one)),
  );
  const own = entryAddresses({ ...seen, services }, cluster.spec.network).map(({ host, port }) =>
    hostPort({ address: host, port }),
  );
  return own.length > 0 ? own : ((await describedWays(cluster, context))?.addresses ?? []);
}

function missing({ spec }: MeshCluster, balancers: readonly LoadBalancer[]): Finding[] {
  if (balancers.length > 0) return [];
  return [
    {
      cluster: spec.name,
      message: 'has no load balancer, so no other network can reach it',
      cause: 'there is no gateway Service of type LoadBalancer',
      fix: {
        withFile: 'isthmus up',
        byHand:
          'kubectl --context {context} get services -A -l istio=eastwestgateway; make one of type LoadBalancer',
      },
    },
  ];
}

async function balancerProblems(
  cluster: MeshCluster,
  balancer: LoadBalancer,
  context: CheckRunContext,
): Promise<Finding[]> {
  const listeners = balancer.listeners.flatMap((listener) => listenerProblems(balancer, listener));
  const cause = listeners.length > 0 ? await deploymentCause(cluster, balancer, context) : undefined;
  const closed = listeners.length > 0 ? await closedTargets(cluster, balancer, context) : undefined;
  const explained = listeners.map((problem) => ({ ...problem, ...cause }));
  return [
    ...(closed ? [closed] : []),
    ...stateProblems(balancer),
    ...addressProblems(balancer),
    ...explained,
  ];
}

const subjectOf = ({ cluster, namespace, service }: LoadBalancer) => ({
  cluster,
  object: `Service ${namespace}/${service}`,
});

/** Targets are registered, and may be healthy, before the load balancer itself takes a connection. */
function stateProblems(balancer: LoadBalancer): Finding[] {
  const { state, stateReason } = balancer;
  if (state === undefined || state === 'active') return [];
  const evidence = stateReason === undefined ? {} : { evidence: stateReason };
  return [{ ...subjectOf(balancer), message: `is ${state}`, ...evidence, ...stateCauses[state] }];
}

const stateCauses: Record<'provisioning' | 'active_impaired' | 'failed', Partial<Finding>> = {
  provisioning: {
    cause: 'it was made a moment ago',
    fix: {
      withFile: 'wait with isthmus check lb --wait 300',
      byHand: 'wait until aws elbv2 describe-load-balancers says that it is active',
    },
  },
  active_impaired: {
    cause: 'it lacks what it needs to grow, such as free addresses in its subnets',
    fix: 'free addresses in the subnets of the load balancer',
  },
  failed: {
    cause: 'it could not be set up',
    fix: 'read its state in the console of EC2, mend the cause, and delete the Service so that it is made again',
  },
};

function addressProblems(balancer: LoadBalancer): Finding[] {
  const found: Finding[] = [];
  if (balancer.addresses.length === 0)
    found.push({
      ...subjectOf(balancer),
      message: 'has no address',
      cause: 'the load balancer is still being provisioned, or its controller refused it',
      fix: `kubectl --context {context} -n ${balancer.namespace} describe service ${balancer.service}`,
    });
  if (balancer.listeners.length === 0)
    found.push({ ...subjectOf(balancer), message: 'has no listener, so it answers on no port' });
  return found;
}

type Listener = LoadBalancer['listeners'][number];

/** What speaks against one target, and against the port if nothing behind it is healthy. */
export function listenerProblems(balancer: LoadBalancer, { port, targets }: Listener): Finding[] {
  const subject = subjectOf(balancer);
  if (targets.length === 0) return [{ ...subject, message: `port ${port} has no target` }];
  const bad = targets.filter(({ state }) => state !== 'healthy' && state !== 'draining');
  const problems = bad.map((target) => ({
    ...subject,
    message: `port ${port}: target ${hostPort(target)} is ${target.state}`,
    evidence: describeTarget(target),
    cause: causes[target.state],
  }));
  const dead = targets.some(({ state }) => state === 'healthy')
    ? []
    : [{ ...subject, message: `port ${port} has no healthy target` }];
  return [...problems, ...dead];
}

const causes: Partial<Record<LoadBalancerTarget['state'], string>> = {
  initial: 'it was registered a moment ago and its first health checks are not over',
  unhealthy: 'its health check fails: the pod does not answer, or a security group blocks the balancer',
  unused: 'its zone has no subnet of the load balancer, or no listener uses its target group',
  unavailable: 'health checks are off for its target group',
};

function describeTarget({ zone, state, reason, description, pod, node }: LoadBalancerTarget): string {
  const parts = { zone, state, reason, description, pod, node };
  return Object.entries(parts)
    .flatMap(([label, value]) => (value ? [`${label} ${value}`] : []))
    .join(', ');
}

function evidenceOf(balancer: LoadBalancer): string[] {
  const { cluster, service, addresses, listeners } = balancer;
  const head = `${cluster} ${service} ${addresses.join(' ') || 'no address'}`;
  return listeners.flatMap(({ port, targets }) =>
    targets.map((target) => `${head} port ${port} → ${hostPort(target)}: ${describeTarget(target)}`),
  );
}

/** A gateway that was scaled to nothing is the plainest reason for a dead port, so say it. */
async function deploymentCause(
  { kube }: MeshCluster,
  { namespace, service }: LoadBalancer,
  { signal }: CheckRunContext,
): Promise<Partial<Finding>> {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: service };
  const deployment = await kube.get<Deployment>(ref, { signal });
  if (!deployment || (deployment.status?.readyReplicas ?? 0) > 0) return {};
  const wanted = deployment.spec?.replicas ?? 1;
  const at = `kubectl --context {context} -n ${namespace}`;
  return wanted === 0
    ? {
        cause: `Deployment ${service} is scaled to 0 replicas`,
        fix: `${at} scale deployment/${service} --replicas=1`,
      }
    : {
        cause: `none of the ${wanted} replicas of Deployment ${service} is ready`,
        fix: `${at} describe deployment ${service}`,
      };
}
