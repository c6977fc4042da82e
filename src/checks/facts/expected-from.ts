import { type ExpectedEndpoints, expectedEndpoints, type ServiceRef } from '../../istio/index.ts';
import type { CheckRunContext } from '../engine/check.ts';

/** What the proxies of a cluster must know of a service now, by reads that all looks share. */
export function expectedFrom(
  from: string,
  service: ServiceRef,
  { clusters, facts, signal }: CheckRunContext,
): Promise<ExpectedEndpoints> {
  const observe = (cluster: (typeof clusters)[number]) => facts.service(cluster, service);
  return expectedEndpoints({ clusters, from, service, signal, observe });
}
