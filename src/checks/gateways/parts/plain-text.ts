import type { MeshConfig } from '../../../istio/index.ts';
import type { DestinationRule, PeerAuthentication } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import { type Finding, groupBy } from '../../../report/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { type Findings, failures, merge, warnings } from '../../engine/findings.ts';
import {
  type CrossingService,
  crossingServices,
  gatewayNamespaces,
  type ServiceCopy,
} from '../../facts/crossing-services.ts';
import { rulesFor, tlsOf } from '../../facts/destination-rules.ts';
import { nameOf } from '../../facts/objects.ts';
import { peerMode } from '../../facts/peer-authentication.ts';
import { podPort } from '../../facts/pod-port.ts';
import { sampleService } from '../../facts/sample-service.ts';

/** What one primary was told of mutual TLS. */
export interface TlsFacts {
  readonly cluster: string;
  readonly peers: readonly PeerAuthentication[];
  readonly rules: readonly DestinationRule[];
  readonly configs: readonly MeshConfig[];
  /** Namespaces of its gateways between networks. */
  readonly gateways: readonly string[];
}

/** A port of a Service without mutual TLS, and what turned it off. */
interface OffPort {
  readonly object: string;
  readonly where: string;
  /** `namespace/name:port` */
  readonly target: string;
  /** Clusters of other networks that go on sending requests for it here. */
  readonly askers: readonly string[];
  /** Clusters of other networks that have no pods of their own for it. */
  readonly dependants: readonly string[];
}

/** Ports of Services that pods here answer for other networks, and that were told not to speak mutual TLS. */
export async function plainTextFindings(
  cluster: MeshCluster,
  context: CheckRunContext,
): Promise<{ readonly found: Findings; readonly looked: number }> {
  const services = await crossingServices(cluster, context);
  if (services.length === 0) return { found: failures(), looked: 0 };
  const names = new Set(services.flatMap(({ elsewhere }) => elsewhere.map((one) => one.cluster.spec.name)));
  const all = context.clusters.filter(({ spec }) => spec.name === cluster.spec.name || names.has(spec.name));
  const facts = await Promise.all(all.map((one) => tlsFacts(one, context)));
  const tested = context.topology.samples ? `${sampleService.namespace}/${sampleService.name}` : undefined;
  return { found: offFindings(cluster.spec.name, services, { facts, tested }), looked: services.length };
}

async function tlsFacts(cluster: MeshCluster, { facts }: CheckRunContext): Promise<TlsFacts> {
  const [peers, rules, configs, gateways] = await Promise.all([
    facts.objects<PeerAuthentication>(cluster, 'security.istio.io/v1', 'PeerAuthentication'),
    facts.objects<DestinationRule>(cluster, 'networking.istio.io/v1', 'DestinationRule'),
    facts.meshConfigs(cluster),
    facts.gateways(cluster),
  ]);
  return { cluster: cluster.spec.name, peers, rules, configs, gateways: gatewayNamespaces(gateways) };
}

/**
 * A gateway has no pod behind a port without mutual TLS, by what its own primary was told, while primaries that
 * were told nothing go on sending requests to it: those fail. Where all were told so it is meant, and told only
 * if a cluster without pods of its own depends on others, or if it is the service that is tested.
 */
export function offFindings(
  cluster: string,
  services: readonly CrossingService[],
  { facts, tested }: { readonly facts: readonly TlsFacts[]; readonly tested?: string | undefined },
): Findings {
  const off = services.flatMap((service) => {
    const ports = offPorts(service, facts);
    return ports.filter(
      ({ askers, dependants }) => service.key === tested || askers.length + dependants.length > 0,
    );
  });
  return merge([...groupBy(off, ({ object }) => object).values()].map((ports) => finding(cluster, ports)));
}

function offPorts(service: CrossingService, facts: readonly TlsFacts[]): OffPort[] {
  const of = ({ cluster }: ServiceCopy) => facts.find((one) => one.cluster === cluster.spec.name);
  const own = of(service.own);
  if (!own) return [];
  const tcp = (service.own.service.spec?.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP');
  return tcp.flatMap(({ port }): OffPort[] => {
    const at = { service, port };
    const gateway = offAt(own, at, own.gateways);
    const callers = offAt(own, at, [homeOf(service)]);
    const cause = gateway ?? callers;
    if (!cause) return [];
    const asking = service.elsewhere.filter((copy) => {
      const theirs = of(copy);
      return gateway !== undefined && theirs !== undefined && !offAt(theirs, at, [homeOf(service)]);
    });
    const bare = service.elsewhere.filter((copy) => gateway !== undefined && copy.pods.length === 0);
    const [askers, dependants] = [asking, bare].map((copies) => copies.map((copy) => copy.cluster.spec.name));
    return [
      { ...cause, target: `${service.key}:${port}`, askers: askers ?? [], dependants: dependants ?? [] },
    ];
  });
}

const homeOf = ({ own }: CrossingService): string => own.service.metadata?.namespace ?? '';

interface PortOf {
  readonly service: CrossingService;
  readonly port: number;
}

type Cause = Pick<OffPort, 'object' | 'where'>;

/** What turned mutual TLS off for proxies of these namespaces, of every revision; undefined if it is on for one. */
function offAt(facts: TlsFacts, at: PortOf, namespaces: readonly string[]): Cause | undefined {
  const views = facts.configs.flatMap((config) =>
    namespaces.map((namespace) => causeFor(facts, at, { config, namespace })),
  );
  return views.every(Boolean) ? views[0] : undefined;
}

function causeFor(
  { rules, peers }: TlsFacts,
  { service, port }: PortOf,
  { config, namespace }: { readonly config: MeshConfig; readonly namespace: string },
): Cause | undefined {
  const question = { host: service.host, home: homeOf(service), namespace, config };
  const stated = tlsOf(rulesFor(rules, question), port);
  // What a DestinationRule states, the policies of the servers do not change.
  if (stated)
    return stated.mode === 'ISTIO_MUTUAL'
      ? undefined
      : { object: nameOf('DestinationRule', stated.rule), where: `trafficPolicy tls.mode ${stated.mode}` };
  const modes = service.own.pods.map((pod) =>
    peerMode(peers, { pod, port: podPort(service.own.service, port, pod), config }),
  );
  const [first] = modes;
  if (!first?.policy || modes.some(({ mode }) => mode !== 'DISABLE')) return undefined;
  const byPort = first.policy.spec?.mtls?.mode !== 'DISABLE';
  const where = byPort
    ? `portLevelMtls ${podPort(service.own.service, port, service.own.pods[0])}: DISABLE`
    : 'mtls.mode DISABLE';
  return { object: nameOf('PeerAuthentication', first.policy), where };
}

function finding(cluster: string, ports: readonly OffPort[]): Findings {
  const [first] = ports;
  if (!first) return failures();
  const { object, where } = first;
  const targets = ports.map(({ target }) => target);
  const askers = [...new Set(ports.flatMap((one) => one.askers))];
  const shown =
    targets.length > 3
      ? `${targets.slice(0, 3).join(', ')} and ${targets.length - 3} more`
      : targets.join(', ');
  const problem: Finding = {
    cluster,
    object,
    message:
      askers.length > 0
        ? `turns mutual TLS off for ${shown}, so requests from ${askers.join(', ')} end at the gateway of ${cluster}`
        : `turns mutual TLS off for ${shown}, so no request for it crosses between networks`,
    evidence: where,
    cause:
      'between networks gateways route by the SNI of mutual TLS: without it they have no pod to pass a request to, and callers get none of another network',
    fix: object.startsWith('PeerAuthentication')
      ? `set PERMISSIVE instead of DISABLE in ${object}; or keep the host in its cluster by meshConfig.serviceSettings with clusterLocal: true`
      : `set trafficPolicy.tls.mode of ${object} to ISTIO_MUTUAL, or leave it out; or keep the host in its cluster by meshConfig.serviceSettings with clusterLocal: true`,
  };
  return askers.length > 0 ? failures(problem) : warnings(problem);
}
