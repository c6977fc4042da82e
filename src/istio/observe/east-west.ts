import type { CallOptions, KubeClient, Service } from '../../kubernetes/index.ts';
import { EAST_WEST_LABEL, EAST_WEST_PORT, NETWORK_LABEL } from '../names.ts';

/**
 * East-west gateways' Services: those with the network label, by which istiod finds them, and those
 * that lost it but still have the usual label. If there is neither, every Service with port 15443.
 */
export async function eastWestServices(kube: KubeClient, options: CallOptions = {}): Promise<Service[]> {
  const list = (labelSelector?: string) => kube.list<Service>('v1', 'Service', { labelSelector, ...options });
  const usual = list(`istio=${EAST_WEST_LABEL}`);
  const found = (await Promise.all([labelledServices(kube, options), usual])).flat();
  const known = new Map(found.map((one) => [`${one.metadata?.namespace}/${one.metadata?.name}`, one]));
  if (known.size > 0) return [...known.values()];
  return (await list()).filter(({ spec }) => spec?.ports?.some(({ port }) => port === EAST_WEST_PORT));
}

/** Those that istiod takes for gateways by their labels; it goes by no name or port without one. */
export async function labelledServices(kube: KubeClient, options: CallOptions = {}): Promise<Service[]> {
  const found = await kube.list<Service>('v1', 'Service', { labelSelector: NETWORK_LABEL, ...options });
  return found.filter(({ metadata }) => metadata?.labels?.[NETWORK_LABEL]);
}

/**
 * Those by which other networks come in: istiod takes a gateway by the network label of its Service alone, whatever
 * its revision and whether or not anything answers behind it (istio.io/istio pilot/pkg/serviceregistry/kube/controller
 * /network.go, getGatewayDetails). Where none has the label, all: one of them has lost it.
 */
export function gatewaysInUse(services: readonly Service[]): readonly Service[] {
  const labelled = services.filter(({ metadata }) => metadata?.labels?.[NETWORK_LABEL]);
  return labelled.length > 0 ? labelled : services;
}
