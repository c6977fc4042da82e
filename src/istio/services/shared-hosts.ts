import type { Topology } from '../../topology/index.ts';
import { SAMPLE_NAMESPACE } from '../names.ts';
import { fullHost } from './service-host.ts';

const everything = '*.local';

/** A Gateway must name a host; one below `.invalid` is nobody's (RFC 2606). */
const nothing = 'nothing.invalid';

/** Hosts of which every istiod keeps the endpoints in their own cluster. */
export function clusterLocalHosts({ services }: Pick<Topology, 'services'>): string[] {
  return services
    .filter(({ residency }) => residency)
    .map(fullHost)
    .sort();
}

/**
 * Hosts that the east-west gateways let through. All of them, until one Service has a residency: the
 * list knows no exception, so it then names what is shared, namespace by namespace, and in a namespace
 * with a resident Service host by host.
 */
export function sharedHosts({ services, sharedNamespaces, samples }: Topology): string[] {
  const resident = new Set(services.flatMap((one) => (one.residency ? [one.namespace] : [])));
  if (resident.size === 0) return [everything];
  const namespaces = new Set([
    ...(samples ? [SAMPLE_NAMESPACE] : []),
    ...sharedNamespaces,
    ...services.map(({ namespace }) => namespace),
  ]);
  const whole = [...namespaces]
    .filter((namespace) => !resident.has(namespace))
    .map((namespace) => `*.${namespace}.svc.cluster.local`);
  const single = services.filter((one) => resident.has(one.namespace) && !one.residency).map(fullHost);
  const hosts = [...whole, ...single].sort();
  return hosts.length > 0 ? hosts : [nothing];
}

/** Does one of these hosts of Istio's stand for this one? */
export const coversAny = (patterns: readonly string[], host: string): boolean =>
  patterns.some((pattern) => covers(pattern, host));

/** Does a host of Istio's, which may begin with `*`, stand for this one? */
export const covers = (pattern: string, host: string): boolean =>
  pattern.startsWith('*') ? host.endsWith(pattern.slice(1)) : pattern === host;
