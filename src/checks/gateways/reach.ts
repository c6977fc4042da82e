import {
  type GatewayFact,
  type RunningPod,
  type TlsProbeResult,
  type TlsTarget,
  tlsProbe,
} from '../../istio/index.ts';
import { type Finding, skip, unproven } from '../../report/index.ts';
import { hostPort } from '../../topology/index.ts';
import { type CheckRunContext, type ClusterPair, defineCheck } from '../engine/check.ts';
import { verdict } from '../engine/findings.ts';
import { targetKey, targetsIn } from '../facts/handshakes.ts';
import { notProven, sampleService } from '../facts/sample-service.ts';
import { silenceCause } from './parts/silent-gateway.ts';

export const reach = defineCheck({
  id: 'reach',
  title: 'every address of the other gateway carries a handshake to a pod behind it',
  scope: 'pair',
  severity: 'error',
  needs: ['clusters', 'gateways'],
  retryWhileRollingOut: true,
  cause: 'one zone of the load balancer has no way to the gateway, or a route or security group is missing',
  inspect: [
    'kubectl --context CLUSTER get svc -A -l istio=eastwestgateway -o wide',
    'kubectl --context CLUSTER -n sample exec deploy/sleep -c sleep -- nc -zv ADDRESS 15443',
  ],
  fix: {
    withFile: 'isthmus check lb; then routes, security groups and zones between the two clusters',
    byHand:
      'look at routes, security groups and zones between the two clusters, and at the targets of the load balancer of {cluster}',
  },
  timeoutMs: 40_000,
  async run(context, pair) {
    const { topology, facts } = context;
    const { from, to } = pair;
    if (from.spec.network === to.spec.network)
      return skip('both are in one network, without a gateway between');
    if (!topology.samples)
      return notProven(context, 'no handshake was begun, since the samples are not in every cluster');
    const [callers, servers] = [
      await facts.samplePods(from, 'sleep'),
      await facts.samplePods(to, 'helloworld'),
    ];
    const caller = callers.find(({ ready }) => ready);
    if (!caller) return unproven(`no ready sleep pod in ${from.spec.name} to begin a handshake from`);
    if (!servers.some(({ ready }) => ready))
      return unproven(`no ready helloworld pod in ${to.spec.name} to answer`);
    const service = await facts.sampleService(to);
    if (!service || service.spec?.type === 'ExternalName')
      return unproven(
        `${to.spec.name} has no Service ${sampleService.namespace}/${sampleService.name} with pods, so its gateway knows none`,
      );
    const { unresolved } = await facts.gatewayAddresses(to);
    const gateways = await targetsIn(from, to, facts);
    const found = await Promise.all(gateways.map((one) => probeTwice(one, { ...context, pair, caller })));
    const detail = `${gateways.map(hostPort).join(', ')} answered`;
    const failures = gateways.length === 0 ? [noAddress(pair, unresolved)] : found.flat();
    const nothing = 'the gateway has no address';
    return verdict({ failures, warnings: [] }, { detail, looked: gateways.length, nothing });
  },
});

const noAddress = ({ from, to }: ClusterPair, unresolved: readonly string[]): Finding => ({
  cluster: to.spec.name,
  message: `its gateway has no ${from.spec.ipFamily} address for ${from.spec.name} to reach`,
  evidence: unresolved.join('; ') || undefined,
  cause:
    unresolved.length > 0
      ? 'the name of its load balancer does not resolve here'
      : 'its load balancer has none yet, or none of that family',
});

type ProbeContext = CheckRunContext & {
  readonly pair: ClusterPair;
  readonly caller: RunningPod;
};

/**
 * A pod that goes away in this moment must not alarm anybody: what fails is tried again, with twice the time.
 * Why nothing may have answered is looked for meanwhile.
 */
async function probeTwice(gateway: TlsTarget, context: ProbeContext): Promise<Finding[]> {
  const { pair, caller: pod, facts, signal } = context;
  const { serverName } = gateway;
  const probe = (seconds: number) => tlsProbe({ cluster: pair.from, pod, ...gateway, seconds, signal });
  const together = facts.alone ? undefined : (await facts.handshakes(pair.from)).get(targetKey(gateway));
  if ((together ?? (await probe(1))).state === 'answered') return [];
  const silence = { serverName, from: pair.from.spec.name };
  const [last, why] = await Promise.allSettled([probe(2), silenceCause(pair.to, context, silence)]);
  if (last.status === 'rejected') throw last.reason;
  if (last.value.state === 'answered') return [];
  const problem = reachProblem(pair, gateway, { ...last.value, serverName });
  if (last.value.state === 'alert') return [problem];
  if (why.status === 'rejected') throw why.reason;
  return [{ ...problem, ...why.value }];
}

export function reachProblem(
  { from, to }: ClusterPair,
  gateway: GatewayFact,
  last: TlsProbeResult & { readonly serverName: string },
): Finding {
  const refused = last.state === 'alert';
  return {
    cluster: to.spec.name,
    object: `gateway address ${hostPort(gateway)}`,
    message: refused
      ? `refuses a handshake from ${from.spec.name} with a TLS alert`
      : `does not carry a handshake from ${from.spec.name} to helloworld`,
    evidence: last.said || `SNI ${last.serverName}, ALPN istio: no byte came back`,
    cause: refused
      ? 'the gateway ends TLS itself instead of passing it through'
      : 'the address leads nowhere (a dead zone, a route, a security group), or the gateway does not know the service',
  };
}
