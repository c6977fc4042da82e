import { EAST_WEST_PORT, NETWORK_LABEL } from '../../istio/index.ts';
import { containersOf, type Pod } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, type Outcome, skip } from '../../report/index.ts';
import { hostPort, isOneNetwork, istioNamespaceOf } from '../../topology/index.ts';
import { defineCheck } from '../engine/check.ts';
import { type Findings, failures, merge, verdict, warnings } from '../engine/findings.ts';
import type { GatewayFacts } from '../facts/gateway-facts.ts';
import { nameOf } from '../facts/objects.ts';
import { type DescribedWays, describedWays } from './parts/described-gateways.ts';
import { entryAddresses } from './parts/entry-addresses.ts';
import { entryProblems } from './parts/gateway-entries.ts';
import { kubectlAt, labelProblem } from './parts/network-label.ts';
import { selectorProblems } from './parts/node-selectors.ts';
import { serviceProblems } from './parts/service-problems.ts';
import { silentGateways, unusedGateways } from './parts/silent-gateways.ts';
import { statedFindings } from './parts/stated-gateways.ts';

export const gateways = defineCheck({
  id: 'gateways',
  title: 'every east-west gateway that peers use runs, has an address and lets its network in',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters'],
  retryWhileRollingOut: true,
  cause:
    'the gateway was scaled down, not injected, lost its network label, or its Gateway was removed or doubled',
  inspect: [
    'kubectl --context CLUSTER get deploy,pods,svc -A -l istio=eastwestgateway --show-labels',
    'kubectl --context CLUSTER get gateways.networking.istio.io -A -o yaml',
    'kubectl --context CLUSTER get namespace istio-system --show-labels',
  ],
  fix: {
    withFile: 'isthmus up',
    byHand:
      'istioctl install --context {context} with the east-west gateway of https://istio.io/latest/docs/setup/install/multicluster/',
  },
  timeoutMs: 15_000,
  async run(context, cluster) {
    const { topology, facts } = context;
    if (isOneNetwork(topology))
      return skip('all clusters share one network, so no gateway is needed between them');
    const seen = await facts.gateways(cluster);
    const outside = isEntered(seen) ? undefined : await describedWays(cluster, context);
    if (outside) return outsideVerdict(cluster, seen, outside);
    const found = merge([
      silentGateways(cluster, seen),
      failures(...serviceProblems(cluster, seen)),
      failures(...podProblems(cluster, seen), ...entryProblems(cluster, seen)),
      networkFindings(cluster, seen),
      warnings(...unusedGateways(cluster, seen), ...selectorProblems(cluster, seen)),
      statedFindings(cluster, seen),
    ]);
    const addresses = entryAddresses(seen, cluster.spec.network).map(({ host, port }) =>
      port === EAST_WEST_PORT ? host : hostPort({ address: host, port }),
    );
    const detail = `${seen.pods.length} pods of network ${cluster.spec.network} at ${addresses.join(', ')}`;
    return verdict(found, { detail, looked: seen.pods.length, nothing: 'no pod of a gateway runs' });
  },
});

/** Istiods take a Service of the cluster for a way into its network. */
const isEntered = ({ services }: GatewayFacts): boolean =>
  services.some(({ metadata }) => metadata?.labels?.[NETWORK_LABEL]);

/** Nothing of it is in the cluster, or nothing that istiods take for it; whether it answers is seen by whoever probes it. */
function outsideVerdict(
  cluster: MeshCluster,
  seen: GatewayFacts,
  { addresses, problems }: DescribedWays,
): Outcome<Finding> {
  const found = merge([failures(...problems), networkFindings(cluster, seen), statedFindings(cluster, seen)]);
  const detail = `network ${cluster.spec.network} is entered outside of its clusters, at ${addresses.join(', ')}`;
  return verdict(found, { detail, looked: addresses.length, nothing: 'no peer is told of a gateway' });
}

/** The label belongs into the template, from which every new pod gets it. */
function relabel(cluster: MeshCluster, pod: Pod): string {
  const patch = { spec: { template: { metadata: { labels: { [NETWORK_LABEL]: cluster.spec.network } } } } };
  const name = pod.metadata?.name?.replace(/-[a-z0-9]+-[a-z0-9]{5}$/, '');
  return `${kubectlAt(pod)} patch deployment ${name} -p '${JSON.stringify(patch)}'`;
}

export function podProblems(cluster: MeshCluster, { pods, stated }: GatewayFacts): Finding[] {
  const { name, network } = cluster.spec;
  // Without a label the mesh configuration decides.
  const isStated = stated?.network === network;
  return pods.flatMap((pod): Finding[] => {
    if (pod.metadata?.deletionTimestamp) return [];
    const subject = { cluster: name, object: nameOf('Pod', pod) };
    const label = pod.metadata?.labels?.[NETWORK_LABEL];
    const wrong =
      (label ?? (isStated ? network : undefined)) === network
        ? []
        : [{ ...subject, ...labelProblem(label, network), fix: relabel(cluster, pod) }];
    if (!containersOf(pod).some(({ image }) => image === 'auto')) return wrong;
    const fix = `${kubectlAt(pod)} delete pod ${pod.metadata?.name}`;
    const cause =
      'istiod did not inject it when it was made: the webhook was not there yet or could not be called';
    return [...wrong, { ...subject, message: 'has the image "auto", so it never runs', cause, fix }];
  });
}

/**
 * Without a label sidecars still say where they are, so nothing is broken yet: only pods without one
 * are of no network. A label that contradicts is believed for them.
 */
export function networkFindings(
  { spec }: MeshCluster,
  { systemNetwork, networksForPeers = new Map(), stated }: GatewayFacts,
): Findings {
  // Without a label the mesh configuration decides, so that it is not missed.
  const known = (label: string | undefined) =>
    label ?? (stated?.network === spec.network ? spec.network : undefined);
  const own = namespaceFindings(spec, [istioNamespaceOf(spec), known(systemNetwork)], {
    cause: 'istiod takes the network of its cluster from this label; pods without a sidecar have no other',
    before: '',
  });
  const forPeers = [...networksForPeers].map(([namespace, label]) =>
    namespaceFindings(spec, [namespace, known(label)], {
      cause:
        'an istiod takes the networks of its peers from the namespace that it is in itself; pods without a sidecar have no other',
      before: `kubectl --context {context} create namespace ${namespace}; `,
    }),
  );
  return merge([own, ...forPeers]);
}

function namespaceFindings(
  { name, network }: MeshCluster['spec'],
  [namespace, label]: readonly [string, string | undefined],
  { cause, before }: { readonly cause: string; readonly before: string },
): Findings {
  if (label === network) return failures();
  const problem = {
    cluster: name,
    object: `Namespace ${namespace}`,
    ...labelProblem(label, network),
    cause,
    fix: `${before}kubectl --context {context} label namespace ${namespace} ${NETWORK_LABEL}=${network} --overwrite`,
  };
  return label === undefined ? warnings(problem) : failures(problem);
}
