import {
  crossNetworkPort,
  EAST_WEST_LABEL,
  EAST_WEST_PORT,
  isRemote,
  passesThrough,
} from '../../../istio/index.ts';
import {
  type ApiGateway,
  type Deployment,
  type IstioGateway,
  type Pod,
  type Service,
  selects,
} from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import {
  type EastWestGateway,
  eachGateway,
  type GatewayFacts,
  templateLabels,
} from '../../facts/gateway-facts.ts';
import { namespacedNameOf } from '../../facts/istio-objects.ts';
import { nameOf } from '../../facts/objects.ts';
import { podPort } from '../../facts/pod-port.ts';

/**
 * Gateways that let other networks in, for each gateway by itself: exactly one that its istiod reads may
 * claim the port of its pods.
 */
export function entryProblems(cluster: MeshCluster, seen: GatewayFacts): Finding[] {
  const used = eachGateway(seen).filter(({ inUse }) => inUse);
  const named = seen.stated?.named ?? [];
  const ways =
    used.length > 0
      ? used.map((one) => wayOf(one, named.includes(namespacedNameOf(one.service))))
      : [withoutService(seen)];
  const found = ways.flatMap((way) => wayProblems(cluster.spec.name, way, seen));
  // Two Services of the same pods have the same to say.
  return [...new Map(found.map((one) => [`${one.object} ${one.message}`, one])).values()];
}

/** The way in by one gateway, as a Gateway may mean it. */
interface Way {
  /** Undefined where there is none, or none but this. */
  readonly service: Service | undefined;
  readonly namespace: string | undefined;
  /** Of the Service, or of the pods behind it. */
  readonly ports: ReadonlySet<number>;
  /** Of its pods, as they are or are to be. */
  readonly labels: readonly Readonly<Record<string, string>>[];
  /** Revisions of istiod that its pods are of; none that say so is any. */
  readonly revisions: ReadonlySet<string>;
  /** The port may be one of other Gateways as well, as 443 of a gateway that the mesh configuration names. */
  readonly shared?: boolean;
}

function wayOf({ service, pods, deployments }: EastWestGateway, shared: boolean): Way {
  const port = crossNetworkPort(service);
  const ports = new Set([port, podPort(service, port)]);
  const namespace = service.metadata?.namespace;
  return { service, namespace, ports, shared, ...labelled(pods, deployments) };
}

function withoutService({ pods, deployments }: GatewayFacts): Way {
  const [first] = deployments;
  const namespace = first?.metadata?.namespace;
  return { service: undefined, namespace, ports: new Set([EAST_WEST_PORT]), ...labelled(pods, deployments) };
}

/** Labels of the gateway's pods; the usual one where there are no pods to read them from. */
function labelled(pods: readonly Pod[], deployments: readonly Deployment[]) {
  const labels = [...deployments.map(templateLabels), ...pods.map(({ metadata }) => metadata?.labels ?? {})];
  const stated = pods.flatMap(({ metadata }) => metadata?.annotations?.[REVISION] ?? []);
  const known = labels.length > 0 ? labels : [{ istio: EAST_WEST_LABEL }];
  return { labels: known, revisions: new Set(stated) };
}

/** On a Gateway a label: another revision's istiod does not read it. On pods istiod's injector writes it down. */
const REVISION = 'istio.io/rev';

function wayProblems(cluster: string, way: Way, { entries, apiGateways = [] }: GatewayFacts): Finding[] {
  const { ports, labels } = way;
  const all = entries.filter(
    (entry) => serverOn(entry, ports) && labels.some((one) => selects(entry.spec?.selector, one)),
  );
  const passing = all.filter((entry) => modeOf(entry, ports) === passThrough);
  const claims = way.shared && passing.length > 0 ? passing : all;
  const [first, ...others] = claims.filter((entry) => isRead(entry, way));
  if (!first) {
    if (apiGateways.some((gateway) => opens(gateway, ports))) return [];
    const unread = claims.map((entry) => otherRevision(cluster, entry, way));
    return unread.length > 0 ? unread : [noEntry(cluster, way, entries)];
  }
  const doubled = others.map((other) => ({
    cluster,
    object: nameOf('Gateway', other),
    message: `claims port ${serverOn(other, ports)?.port?.number} as well as ${nameOf('Gateway', first)}`,
    cause: 'istiod merges them in an order that is not defined, and one of the two loses',
    fix: `kubectl --context {context} -n ${other.metadata?.namespace} delete gateways.networking.istio.io ${other.metadata?.name}`,
  }));
  return [...doubled, ...[first, ...others].flatMap((claim) => modeProblem(cluster, claim, ports))];
}

const revisionOf = ({ metadata }: IstioGateway): string | undefined => metadata?.labels?.[REVISION];

/** As istiod decides which objects are its own (istio.io/istio pkg/config/model.go, LabelsInRevision). */
function isRead(entry: IstioGateway, { revisions }: Way): boolean {
  const revision = revisionOf(entry);
  return revision === undefined || revisions.size === 0 || revisions.has(revision);
}

const otherRevision = (cluster: string, entry: IstioGateway, { revisions, service }: Way): Finding => ({
  cluster,
  object: nameOf('Gateway', entry),
  message: `is of revision ${revisionOf(entry)}, ${service ? nameOf('Service', service) : 'the gateway'} of ${[...revisions].join(', ')}, so its port stays closed`,
  evidence: `${REVISION}=${revisionOf(entry)} on the Gateway, ${[...revisions].join(', ')} on the pods`,
  cause: 'an istiod reads configuration without a revision, or of its own',
  fix: `kubectl --context {context} -n ${entry.metadata?.namespace} label gateways.networking.istio.io ${entry.metadata?.name} ${REVISION}-`,
});

const serverOn = ({ spec }: IstioGateway, ports: ReadonlySet<number>) =>
  spec?.servers?.find(({ port }) => port?.number !== undefined && ports.has(port.number));

const passThrough = 'AUTO_PASSTHROUGH';

const modeOf = (entry: IstioGateway, ports: ReadonlySet<number>): string =>
  serverOn(entry, ports)?.tls?.mode ?? 'none';

/** One that only describes a gateway elsewhere opens nothing. */
const opens = (gateway: ApiGateway, ports: ReadonlySet<number>): boolean =>
  !isRemote(gateway) &&
  (gateway.spec?.listeners ?? []).some(
    (listener) => listener.port !== undefined && ports.has(listener.port) && passesThrough(gateway, listener),
  );

function noEntry(cluster: string, way: Way, entries: readonly IstioGateway[]): Finding {
  const { service, namespace = '{istioNamespace}', labels } = way;
  const [port] = way.ports;
  const where = service ? nameOf('Service', service) : 'the east-west gateway';
  const near = entries.filter((entry) => serverOn(entry, way.ports));
  const evidence = near.map(
    (entry) => `${nameOf('Gateway', entry)} selects ${JSON.stringify(entry.spec?.selector ?? {})}`,
  );
  return {
    cluster,
    object: 'Gateway cross-network-gateway',
    message: `no Gateway opens port ${port} of ${where}`,
    ...(evidence.length > 0
      ? { evidence: `${evidence.join(', ')}; its pods have ${JSON.stringify(labels[0])}` }
      : {}),
    cause: 'without it the gateway refuses every connection from other networks',
    fix: `kubectl --context {context} -n ${namespace} apply -f samples/multicluster/expose-services.yaml (of an Istio release), with the selector of its pods`,
  };
}

function modeProblem(cluster: string, claim: IstioGateway, ports: ReadonlySet<number>): Finding[] {
  const number = serverOn(claim, ports)?.port?.number;
  const mode = modeOf(claim, ports);
  if (mode === passThrough) return [];
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
