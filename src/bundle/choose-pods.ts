import type { ServiceRef } from '../istio/index.ts';
import { hasProxy, hasSidecar, SAMPLE_NAMESPACE } from '../istio/index.ts';
import { containersOf, type Pod, type Service, selects } from '../kubernetes/index.ts';
import type { Collection } from './collection.ts';
import { bundleLimits } from './limits.ts';

/** The pods whose logs or dumps a bundle takes. */
export interface BundledPods {
  readonly istiods: readonly Pod[];
  readonly gateways: readonly Pod[];
  /** One client and one server, as far as there are any. */
  readonly sidecars: readonly Pod[];
  /** Logs only. */
  readonly others: readonly Pod[];
}

interface Choice {
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  /** A Service that several clusters answer. */
  readonly service: ServiceRef | undefined;
  /** Of istiod. */
  readonly istioNamespace: string;
  readonly collection: Collection;
}

/** Choose from all pods of a cluster; where there are more than the limits allow, the collection says so. */
export function choosePods({ pods, services, service, istioNamespace, collection }: Choice): BundledPods {
  const some = (what: string, all: readonly Pod[], most: number) => {
    if (all.length > most)
      collection.shortened.push({ name: `pods of ${what}`, text: `the first ${most} of ${all.length}` });
    return all.slice(0, most);
  };
  const istiods = pods.filter(hasDiscovery);
  const gateways = pods.filter(isGateway);
  const sidecars = sidecarsOf(pods, services, service);
  if (sidecars.length < 2)
    collection.empty.push(`a ${sidecars.length === 0 ? 'pod' : 'second pod'} with a sidecar to dump`);
  const taken = new Set([...istiods, ...gateways, ...sidecars]);
  const others = pods.filter((pod) => isOfMesh(pod, istioNamespace) && !taken.has(pod));
  return {
    istiods: some('istiod', istiods, bundleLimits.istiods),
    gateways: some('gateways', gateways, bundleLimits.gatewayPods),
    sidecars,
    others: some(istioNamespace, others, bundleLimits.otherPods),
  };
}

const hasDiscovery = (pod: Pod) => containersOf(pod).some(({ name }) => name === 'discovery');
const isGateway = (pod: Pod) => hasProxy(pod) && !hasSidecar(pod);

const isOfMesh = ({ metadata }: Pod, istioNamespace: string) =>
  metadata?.namespace === istioNamespace ||
  metadata?.labels?.['app.kubernetes.io/name'] === 'aws-load-balancer-controller';

const runs = ({ status, metadata }: Pod) => status?.phase === 'Running' && !metadata?.deletionTimestamp;

function sidecarsOf(
  pods: readonly Pod[],
  services: readonly Service[],
  service: ServiceRef | undefined,
): Pod[] {
  const injected = pods.filter((pod) => hasSidecar(pod) && runs(pod));
  const selector = services.find(
    ({ metadata }) => metadata?.namespace === service?.namespace && metadata?.name === service?.name,
  )?.spec?.selector;
  const isSelected = ({ metadata }: Pod) => selects(selector, metadata?.labels);
  const server =
    injected.find((pod) => pod.metadata?.namespace === service?.namespace && isSelected(pod)) ??
    injected.find((pod) => pod.metadata?.labels?.['app'] === 'helloworld');
  const rest = injected.filter((pod) => pod !== server);
  const client = rest.find(isSampleClient) ?? rest.find((pod) => !isSelected(pod)) ?? rest[0];
  return [client, server ?? rest.find((pod) => pod !== client)].filter((pod) => pod !== undefined);
}

const isSampleClient = ({ metadata }: Pod) =>
  metadata?.namespace === SAMPLE_NAMESPACE && /^(sleep|curl)$/.test(metadata.labels?.['app'] ?? '');
