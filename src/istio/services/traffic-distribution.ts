import type { KubeObject, Service } from '../../kubernetes/index.ts';

/** Why istiod orders a service's endpoints by distance. */
export interface TrafficDistribution {
  readonly value: string;
  /** What states it, for messages. */
  readonly by: string;
}

const ANNOTATION = 'networking.istio.io/traffic-distribution';

const inSpec = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode']);
const inAnnotation = new Set([...inSpec].map((value) => value.toLowerCase()));

/**
 * How istiod distributes a Service's requests; undefined if it prefers no endpoint. As `GetTrafficDistribution` of
 * istio.io/istio pilot/pkg/model/service.go: the spec goes first if Istio knows its value, then the Service's
 * annotation, then that of its namespace, both in any case. A Service's annotation that nobody knows
 * hides its namespace's.
 */
export function trafficDistributionOf(
  { metadata, spec }: Service,
  namespace: KubeObject | undefined,
): TrafficDistribution | undefined {
  const stated = spec?.trafficDistribution ?? '';
  if (inSpec.has(stated)) return { value: stated, by: 'its trafficDistribution' };
  const own = metadata?.annotations?.[ANNOTATION];
  const value = own || namespace?.metadata?.annotations?.[ANNOTATION] || '';
  if (!inAnnotation.has(value.toLowerCase())) return undefined;
  return { value, by: own ? `its annotation ${ANNOTATION}` : `its namespace’s annotation ${ANNOTATION}` };
}
