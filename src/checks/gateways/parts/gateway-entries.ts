import { crossNetworkPort, EAST_WEST_LABEL, EAST_WEST_PORT } from '../../../istio/index.ts';
import { type ApiGateway, type IstioGateway, selects } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import { type GatewayFacts, templateLabels } from '../../facts/gateway-facts.ts';
import { nameOf } from '../../facts/objects.ts';

/** Gateways that let other networks in through this gateway; exactly one may claim the port. */
export function entryProblems(cluster: MeshCluster, seen: GatewayFacts): Finding[] {
  const name = cluster.spec.name;
  const ports = portsOf(seen);
  const claims = seen.entries.filter((entry) => serverOn(entry, ports) && isOfGateway(entry, seen));
  const [first, ...others] = claims;
  const passes = (gateway: ApiGateway) => passesThrough(gateway, ports);
  if (!first) return (seen.apiGateways ?? []).some(passes) ? [] : [noEntry(name, seen)];
  const doubled = others.map((other) => ({
    cluster: name,
    object: nameOf('Gateway', other),
    message: `claims port ${serverOn(other, ports)?.port?.number} as well as ${nameOf('Gateway', first)}`,
    cause: 'istiod merges them in an order that is not defined, and one of the two loses',
    fix: `kubectl --context {context} -n ${other.metadata?.namespace} delete gateways.networking.istio.io ${other.metadata?.name}`,
  }));
  return [...doubled, ...claims.flatMap((claim) => modeProblem(name, claim, ports))];
}

/** Those by which a Gateway means the way in from other networks: of the Services, or of the pods behind them. */
function portsOf({ services }: GatewayFacts): Set<number> {
  const ports = services.flatMap((service) => {
    const port = crossNetworkPort(service);
    const { targetPort } = service.spec?.ports?.find((one) => one.port === port) ?? {};
    return typeof targetPort === 'number' ? [port, targetPort] : [port];
  });
  return new Set(ports.length > 0 ? ports : [EAST_WEST_PORT]);
}

const serverOn = ({ spec }: IstioGateway, ports: ReadonlySet<number>) =>
  spec?.servers?.find(({ port }) => port?.number !== undefined && ports.has(port.number));

/** By the labels of the gateway's pods; by the usual one where there are no pods to read it from. */
function isOfGateway({ spec }: IstioGateway, { deployments, pods }: GatewayFacts): boolean {
  const selector = spec?.selector ?? {};
  const labels = [
    ...deployments.map(templateLabels),
    ...pods.map(({ metadata }) => metadata?.labels ?? {}),
    { istio: EAST_WEST_LABEL },
  ];
  return labels.some((one) => selects(selector, one));
}

/** A listener of the Kubernetes Gateway API that does what AUTO_PASSTHROUGH does. */
const passesThrough = ({ spec }: ApiGateway, ports: ReadonlySet<number>): boolean =>
  spec?.listeners?.some(
    ({ port, tls }) =>
      port !== undefined &&
      ports.has(port) &&
      tls?.options?.['gateway.istio.io/listener-protocol'] === 'auto-passthrough',
  ) ?? false;

function noEntry(cluster: string, seen: GatewayFacts): Finding {
  const { deployments } = seen;
  const [port] = portsOf(seen);
  const namespace = deployments[0]?.metadata?.namespace ?? 'istio-system';
  return {
    cluster,
    object: 'Gateway cross-network-gateway',
    message: `no Gateway opens port ${port} of the east-west gateway`,
    cause: 'without it the gateway refuses every connection from other networks',
    fix: `kubectl --context {context} -n ${namespace} apply -f samples/multicluster/expose-services.yaml (of an Istio release)`,
  };
}

function modeProblem(cluster: string, claim: IstioGateway, ports: ReadonlySet<number>): Finding[] {
  const server = serverOn(claim, ports);
  const number = server?.port?.number;
  const mode = server?.tls?.mode ?? 'none';
  if (mode === 'AUTO_PASSTHROUGH') return [];
  return [
    {
      cluster,
      object: nameOf('Gateway', claim),
      message: `port ${number} has TLS mode ${mode}, not AUTO_PASSTHROUGH`,
      cause: 'only AUTO_PASSTHROUGH routes by the SNI that sidecars of other networks send',
      fix: `set tls.mode: AUTO_PASSTHROUGH of its server on port ${number}`,
    },
  ];
}
