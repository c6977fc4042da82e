import { addressesOf } from './addresses.ts';
import type { ThinApi } from './api.ts';

export const services = 200;
export const endpoints = 2000;
const perService = endpoints / services;
const namespaces = 10;

export const appOf = (index: number) => ({
  name: `app-${index}`,
  namespace: `team-${index % namespaces}`,
  addresses: (cluster: number) =>
    Array.from({ length: perService }, (_, at) => addressesOf(cluster).endpoint(index * perService + at)),
});

/** What users have in a cluster: Services in ten namespaces, each with its endpoints, the same everywhere. */
export async function addLoad(api: ThinApi, cluster: number): Promise<void> {
  for (let at = 0; at < namespaces; at += 1)
    await api.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: `team-${at}` },
    });
  for (let at = 0; at < services; at += 1) await addApp(api, cluster, appOf(at));
}

/** Throws unless the cluster holds all of that, with endpoints of its own. */
export async function verifyLoad(api: ThinApi, cluster: number): Promise<void> {
  const slices = await api.list('/apis/discovery.k8s.io/v1/endpointslices');
  const found = new Set(slices.flatMap((one) => one['endpoints'].flatMap(addressesIn)));
  const wanted = Array.from({ length: services }, (_, at) => appOf(at).addresses(cluster)).flat();
  const missing = wanted.filter((address) => !found.has(address));
  if (slices.length < services || missing.length > 0)
    throw new Error(`cluster ${cluster} has ${slices.length} slices and lacks ${missing.length} endpoints`);
}

const addressesIn = (endpoint: { addresses: string[] }): string[] => endpoint.addresses;

async function addApp(api: ThinApi, cluster: number, app: ReturnType<typeof appOf>): Promise<void> {
  const { name, namespace } = app;
  await api.create(`/api/v1/namespaces/${namespace}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: { app: name } },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 8080 }] },
  });
  await api.create(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-x`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: app.addresses(cluster).map((address) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'node-1',
    })),
  });
}
