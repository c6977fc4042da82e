import { diffEndpoints } from '../../checks/index.ts';
import {
  type ClusterLocal,
  type ExpectedEndpoint,
  type ExpectedEndpoints,
  expectedEndpoints,
  fullHost,
  isClusterLocal,
  type ProxyEndpoint,
  type ServiceRef,
  type ServicesObservation,
  trafficDistributionOf,
} from '../../istio/index.ts';
import type { KubeObject, Service } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { EndpointRow, ServiceRow } from '../../report/index.ts';
import { hostPort } from '../../topology/index.ts';

/** What all clusters have, and whose view of it is asked for. */
export interface ViewInput {
  readonly clusters: readonly MeshCluster[];
  /** What each cluster had when it was read last, by its name. */
  readonly observed: ReadonlyMap<string, ServicesObservation>;
  /** Name of the cluster whose proxy was asked. */
  readonly from: string;
  /** Every endpoint of that proxy, by its Envoy cluster. */
  readonly held: ReadonlyMap<string, readonly ProxyEndpoint[]>;
  /** What each of that cluster's istiods keeps in its cluster. */
  readonly clusterLocal: readonly ClusterLocal[];
  /** Requests within the last minute to one endpoint; undefined before there are two looks. */
  readonly recentOf: (endpoint: ProxyEndpoint) => number | undefined;
}

/** Every service of the cluster that several clusters may answer, as it should be and as the proxy has it. */
export async function serviceRows(input: ViewInput): Promise<ServiceRow[]> {
  const services = input.observed.get(input.from)?.services ?? [];
  const refs = services
    .filter(isMeshed)
    .flatMap((service) => portsOf(service).map((ref) => ({ service, ref })));
  const rows = await Promise.all(refs.map(({ service, ref }) => serviceRow(input, service, ref)));
  return rows.sort((a, b) => a.service.localeCompare(b.service));
}

const notTheirs = /^(kube-|istio-)/;

const isMeshed = ({ metadata, spec }: Service): boolean =>
  !notTheirs.test(metadata?.namespace ?? '') &&
  metadata?.namespace !== undefined &&
  !(metadata.namespace === 'default' && metadata.name === 'kubernetes') &&
  spec?.clusterIP !== 'None' &&
  spec?.type !== 'ExternalName';

const portsOf = ({ metadata, spec }: Service): ServiceRef[] =>
  (spec?.ports ?? [])
    .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
    .map(({ port }) => ({ namespace: metadata?.namespace ?? '', name: metadata?.name ?? '', port }));

/** Why istiod does not simply give all endpoints of all clusters; undefined if it does. */
function specialCase(service: Service, namespace: KubeObject | undefined): string | undefined {
  if (service.spec?.internalTrafficPolicy === 'Local')
    return 'its internalTrafficPolicy keeps it on the caller’s node';
  const distribution = trafficDistributionOf(service, namespace);
  return distribution && `${distribution.by} ${distribution.value} chooses by distance`;
}

async function serviceRow(input: ViewInput, service: Service, ref: ServiceRef): Promise<ServiceRow> {
  const expected = await expectedOf(input, ref);
  const held = input.held.get(expected.envoyCluster) ?? [];
  const base = {
    service: `${ref.namespace}/${ref.name}:${ref.port}`,
    expected: expected.endpoints.length,
    held: held.length,
    endpoints: endpointRows(input, expected, held),
  };
  const special = specialCase(service, input.observed.get(input.from)?.namespace(ref.namespace));
  if (special) return { ...base, state: 'not-compared', notes: [special] };
  if (held.length === 0 && expected.endpoints.length > 0)
    return {
      ...base,
      state: 'untold',
      notes: ['the proxy has no endpoint of it: it was told not to look, or not told'],
    };
  const differences = diffEndpoints({ expected: expected.endpoints, held, facts: expected.facts });
  const unreachable = expected.unreachable.map(
    ({ cluster, reason }) => `${cluster} cannot be reached: ${reason}`,
  );
  const notes = [...differences.map(({ kind, message }) => `${kind}: the proxy ${message}`), ...unreachable];
  return { ...base, state: notes.length > 0 ? 'differs' : 'same', notes };
}

function expectedOf(input: ViewInput, service: ServiceRef): Promise<ExpectedEndpoints> {
  const { from, observed, clusterLocal } = input;
  const local = clusterLocal.some((settings) => isClusterLocal(settings, fullHost(service)));
  const seen = input.clusters.filter(({ spec }) => observed.has(spec.name) && (!local || spec.name === from));
  const observe = async ({ spec }: MeshCluster) =>
    (observed.get(spec.name) as ServicesObservation).of(service);
  return expectedEndpoints({ clusters: seen, from, service, observe });
}

function endpointRows(
  { recentOf }: ViewInput,
  { endpoints, facts }: ExpectedEndpoints,
  held: readonly ProxyEndpoint[],
): EndpointRow[] {
  const wanted = new Map(endpoints.map((one) => [hostPort(one), one]));
  const has = new Map(held.map((one) => [hostPort(one), one]));
  const sum = (all: Iterable<{ readonly weight: number }>) =>
    [...all].reduce((total, one) => total + one.weight, 0);
  const [wantedSum, heldSum] = [sum(endpoints), sum(held)];
  const owner = (key: string) =>
    facts.find((fact) => [...fact.gateways, ...fact.endpoints].some((one) => hostPort(one) === key))?.cluster;
  return [...new Set([...wanted.keys(), ...has.keys()])].sort().map((key): EndpointRow => {
    const [should, is] = [wanted.get(key), has.get(key)];
    const { address, port } = (should ?? is) as ExpectedEndpoint | ProxyEndpoint;
    return {
      address,
      port,
      cluster: should?.cluster ?? owner(key) ?? 'no cluster',
      via: should?.via ?? 'unknown',
      expected: should && should.weight / wantedSum,
      held: is && is.weight / heldSum,
      locality: is?.locality ?? '',
      priority: is?.priority ?? 0,
      healthy: is?.healthy ?? false,
      flags: is?.flags ?? [],
      requests: is?.stats['rq_total'] ?? 0,
      recent: is && recentOf(is),
    };
  });
}
