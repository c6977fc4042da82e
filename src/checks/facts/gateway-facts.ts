import { EAST_WEST_LABEL, type EastWestService, eastWestServices, NETWORK_LABEL } from '../../istio/index.ts';
import { type KubeObject, selectorOf, selects } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { namespacedNameOf } from './istio-objects.ts';
import type { DeploymentObject, GatewayObject, PodObject } from './objects.ts';

/** A Gateway of the Kubernetes Gateway API, as far as it opens ports. */
export interface ApiGatewayObject extends KubeObject {
  readonly spec?: {
    readonly listeners?: readonly {
      readonly port?: number;
      readonly tls?: { readonly options?: Readonly<Record<string, string>> };
    }[];
  };
}

/** Everything of one cluster's east-west gateways, in whatever namespaces they are. */
export interface GatewayFacts {
  readonly deployments: readonly DeploymentObject[];
  readonly services: readonly EastWestService[];
  readonly pods: readonly PodObject[];
  readonly entries: readonly GatewayObject[];
  readonly apiGateways?: readonly ApiGatewayObject[];
  /** Network that istiod takes for its own cluster's. */
  readonly systemNetwork: string | undefined;
}

/** Services first: what they select are the gateways. A Deployment with the usual label counts without one. */
export async function observeGateways({ kube }: MeshCluster, signal: AbortSignal): Promise<GatewayFacts> {
  const [services, usual, entries, apiGateways, system] = await Promise.all([
    eastWestServices(kube, { signal }),
    kube.list<DeploymentObject>('apps/v1', 'Deployment', {
      labelSelector: `istio=${EAST_WEST_LABEL}`,
      signal,
    }),
    kube.list<GatewayObject>('networking.istio.io/v1', 'Gateway', { signal }),
    // Without the Gateway API's kinds, which Istio does not bring, there are none.
    kube.list<ApiGatewayObject>('gateway.networking.k8s.io/v1', 'Gateway', { signal }),
    kube.get({ apiVersion: 'v1', kind: 'Namespace', name: 'istio-system' }, { signal }),
  ]);
  const selected = await Promise.all(services.map((service) => workloadsOf(service, kube, signal)));
  return {
    deployments: unique([...usual, ...selected.flatMap((one) => one.deployments)]),
    services,
    pods: unique(selected.flatMap((one) => one.pods)),
    entries,
    apiGateways,
    systemNetwork: system?.metadata?.labels?.[NETWORK_LABEL],
  };
}

async function workloadsOf(
  { metadata, spec }: EastWestService,
  kube: MeshCluster['kube'],
  signal: AbortSignal,
): Promise<Pick<GatewayFacts, 'deployments' | 'pods'>> {
  const { selector = {} } = spec ?? {};
  if (Object.keys(selector).length === 0) return { deployments: [], pods: [] };
  const labelSelector = selectorOf(selector);
  const { namespace } = metadata ?? {};
  const [deployments, pods] = await Promise.all([
    kube.list<DeploymentObject>('apps/v1', 'Deployment', { namespace, signal }),
    kube.list<PodObject>('v1', 'Pod', { namespace, labelSelector, signal }),
  ]);
  return { deployments: deployments.filter((one) => selects(selector, templateLabels(one))), pods };
}

export const templateLabels = ({ spec }: DeploymentObject): Readonly<Record<string, string>> =>
  spec?.template?.metadata?.labels ?? {};

function unique<T extends KubeObject>(objects: readonly T[]): T[] {
  return [...new Map(objects.map((one) => [namespacedNameOf(one), one])).values()];
}
