import type { CallOptions, KubeClient, Service } from '../../kubernetes/index.ts';
import { NETWORK_LABEL } from '../names.ts';
import { GATEWAY_PORT_LABEL } from '../observe/gateway-address.ts';
import { fullHost } from '../services/service-host.ts';
import type { NamedEntry } from './stated-networks.ts';

/** Services of one cluster that the mesh configuration names as gateways. */
export interface NamedServices {
  /** As if they had the labels by which istiod finds others, which is how it takes them. */
  readonly services: readonly Service[];
  /** Full names of what is not there. */
  readonly absent: readonly string[];
}

/** Read them. One that has the network label is found by that and goes by its labels alone, as in istiod. */
export async function namedServices(
  kube: KubeClient,
  entries: readonly NamedEntry[],
  options: CallOptions = {},
): Promise<NamedServices> {
  const names = [...new Set(entries.map(({ service }) => service))];
  const found = new Map(
    await Promise.all(names.map(async (name) => [name, await read(kube, name, options)] as const)),
  );
  const services = entries.flatMap((entry) => {
    const service = found.get(entry.service);
    return service && !service.metadata?.labels?.[NETWORK_LABEL] ? [asLabelled(service, entry)] : [];
  });
  return { services, absent: names.filter((name) => !found.get(name)) };
}

async function read(kube: KubeClient, host: string, options: CallOptions): Promise<Service | undefined> {
  const [name = '', namespace = ''] = host.split('.');
  if (host !== fullHost({ name, namespace })) return undefined;
  return kube.get<Service>({ apiVersion: 'v1', kind: 'Service', namespace, name }, options);
}

const asLabelled = (service: Service, { network, port }: NamedEntry): Service => ({
  ...service,
  metadata: {
    ...service.metadata,
    labels: { ...service.metadata?.labels, [NETWORK_LABEL]: network, [GATEWAY_PORT_LABEL]: String(port) },
  },
});
