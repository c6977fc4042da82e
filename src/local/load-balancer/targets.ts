import type { HealthCheck } from './health-check.ts';
import type { EndpointObject, EndpointSliceObject, ServiceObject, ServicePort } from './state.ts';

/** One address and port behind one listener. */
export interface Target {
  readonly listener: number;
  readonly address: string;
  readonly port: number;
  /** Where the health check goes. */
  readonly checkPort: number;
  /** As Kubernetes sees it. */
  readonly ready: boolean;
  readonly draining: boolean;
  /** Its pod passes its readiness probe, also while it ends. */
  readonly serving: boolean;
  readonly zone: string | undefined;
  readonly pod: string | undefined;
  readonly node: string | undefined;
}

/** Every endpoint, ready or not, behind every TCP port of the Service: the load balancer decides itself. */
export function targetsOf(
  service: ServiceObject,
  slices: readonly EndpointSliceObject[],
  check: HealthCheck,
): Target[] {
  const ports = (service.spec.ports ?? []).filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP');
  const found = ports.flatMap((port) => slices.flatMap((slice) => behind(port, slice, { service, check })));
  const unique = new Map(found.map((target) => [`${target.listener} ${target.address}`, target]));
  return [...unique.values()].sort((a, b) => a.listener - b.listener || (a.address < b.address ? -1 : 1));
}

/** A Service's own EndpointSlices. */
export const slicesOf = (
  { metadata }: ServiceObject,
  all: readonly EndpointSliceObject[],
): EndpointSliceObject[] =>
  all.filter(
    (slice) =>
      slice.metadata.namespace === metadata.namespace &&
      slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name,
  );

function behind(
  port: ServicePort,
  slice: EndpointSliceObject,
  { service, check }: { service: ServiceObject; check: HealthCheck },
): Target[] {
  const target = slice.ports?.find(({ name }) => (name ?? '') === (port.name ?? ''))?.port;
  if (target === undefined) return [];
  const checkPort = checkPortOf(service, slice, check) ?? target;
  return (slice.endpoints ?? []).flatMap((endpoint) =>
    endpoint.addresses.map((address) => ({
      listener: port.port,
      address,
      port: target,
      checkPort,
      ...detailsOf(endpoint),
    })),
  );
}

const detailsOf = (endpoint: EndpointObject) => ({
  ready: endpoint.conditions?.ready !== false,
  draining: endpoint.conditions?.terminating === true,
  serving: endpoint.conditions?.serving ?? endpoint.conditions?.ready !== false,
  zone: endpoint.zone,
  pod: endpoint.targetRef?.kind === 'Pod' ? endpoint.targetRef.name : undefined,
  node: endpoint.nodeName,
});

/** A named check port is a Service port by name; a number is the pods' own port, as with ip targets. */
function checkPortOf(service: ServiceObject, slice: EndpointSliceObject, { port }: HealthCheck) {
  if (port === undefined) return undefined;
  if (/^\d+$/.test(port)) return Number(port);
  const named = service.spec.ports?.find(({ name }) => name === port);
  return slice.ports?.find(({ name }) => named !== undefined && name === named.name)?.port;
}
