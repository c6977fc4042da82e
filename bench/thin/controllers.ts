import { addressesOf, kubeletPort } from './addresses.ts';
import { podSuffix } from './answers.ts';
import type { ThinApi, ThinObject } from './api.ts';

const now = () => new Date().toISOString();
const ready = () => [{ type: 'Ready', status: 'True', lastTransitionTime: now() }];
const podsOf = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`;

/** The one node of a thin cluster: it says that it passes WebSockets on, which spares the API server from translating. */
export async function addNode(api: ThinApi, cluster: number): Promise<void> {
  const { node: address } = addressesOf(cluster);
  const labels = {
    'topology.kubernetes.io/region': `r${cluster}`,
    'topology.kubernetes.io/zone': `r${cluster}-a`,
  };
  await api.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1', labels } });
  await api.patch('/api/v1/nodes/node-1/status', {
    status: {
      addresses: [{ type: 'InternalIP', address }],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      declaredFeatures: ['ExtendWebSocketsToKubelet'],
      conditions: ready(),
      nodeInfo: nodeInfo(),
    },
  });
}

const nodeInfo = () => ({
  architecture: 'amd64',
  operatingSystem: 'linux',
  bootID: '',
  containerRuntimeVersion: '',
  kernelVersion: '',
  kubeProxyVersion: '',
  kubeletVersion: 'v1.36.3',
  machineID: '',
  osImage: '',
  systemUUID: '',
});

const inMesh = ['istio-system', 'istio-ingress', 'sample'];
const roles = ['istiod', 'istio-eastwestgateway', 'istio-ingressgateway', 'sleep', 'helloworld'];

const gateways = roles.filter((role) => role.endsWith('gateway')).length;

/**
 * Once, what Kubernetes' controllers, a kubelet, a load balancer and istiod do of their own: pods of
 * Deployments, their endpoints, addresses of load balancers, the root in every namespace. Returns whether
 * all of a mesh was there and nothing was left to do, after which nobody need look here again.
 */
export async function settle(api: ThinApi, cluster: number, root: string): Promise<boolean> {
  await handOutRoot(api, root);
  const deployments = await inNamespaces(api, (path) => `/apis/apps/v1${path}/deployments`);
  const waiting = deployments.filter((one) => one['status']?.availableReplicas !== one['spec'].replicas);
  for (const one of waiting) await runDeployment(api, cluster, one);
  const services = await inNamespaces(api, (path) => `/api/v1${path}/services`);
  const balanced = services.filter((one) => one['spec'].type === 'LoadBalancer');
  const unreachable = balanced.filter((one) => !one['status']?.loadBalancer?.ingress);
  for (const one of unreachable) await giveAddress(api, cluster, one);
  for (const one of services) if (one['spec'].selector) await ensureSlice(api, one);
  const started = roles.every((role) => deployments.some(({ metadata }) => metadata?.name?.startsWith(role)));
  return started && balanced.length === gateways && waiting.length === 0 && unreachable.length === 0;
}

/** Of the mesh's namespaces alone: the Services of users are many, and need nothing. */
async function inNamespaces(api: ThinApi, path: (namespace: string) => string): Promise<ThinObject[]> {
  const all = await Promise.all(inMesh.map((name) => api.list(path(`/namespaces/${name}`))));
  return all.flat();
}

async function runDeployment(api: ThinApi, cluster: number, deployment: ThinObject): Promise<void> {
  const { namespace = '', name = '', generation } = deployment.metadata ?? {};
  const { replicas, template } = deployment['spec'];
  const pods = Array.from({ length: replicas }, (_, at) => `${name}-6d5f7b9c8-${podSuffix(cluster, at)}`);
  for (const [at, pod] of pods.entries()) {
    await api.create(podsOf(namespace), {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...template.metadata, name: pod },
      spec: { ...template.spec, nodeName: 'node-1' },
    });
    const ip = podAddress(cluster, name, at);
    await api.patch(`${podsOf(namespace)}/${pod}/status`, {
      status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions: ready() },
    });
  }
  const conditions = [{ type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: '' }];
  await api.patch(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}/status`, {
    status: {
      observedGeneration: generation,
      replicas,
      updatedReplicas: replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
      conditions: conditions.map((one) => ({ ...one, lastUpdateTime: now(), lastTransitionTime: now() })),
    },
  });
}

function podAddress(cluster: number, deployment: string, at: number): string {
  const own = addressesOf(cluster);
  if (deployment === 'istiod' && at === 0) return own.istiod;
  return own.pod(roles.findIndex((role) => deployment.startsWith(role)) * 10 + at);
}

async function giveAddress(api: ThinApi, cluster: number, { metadata }: ThinObject): Promise<void> {
  const { gateway, ingress } = addressesOf(cluster);
  const ip = metadata?.name === 'istio-eastwestgateway' ? gateway : ingress;
  const path = `/api/v1/namespaces/${metadata?.namespace}/services/${metadata?.name}/status`;
  await api.patch(path, { status: { loadBalancer: { ingress: [{ ip }] } } });
}

async function ensureSlice(api: ThinApi, service: ThinObject): Promise<void> {
  const { namespace = '', name = '' } = service.metadata ?? {};
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const known = await api.list(`${path}?labelSelector=kubernetes.io/service-name=${name}`);
  if (known.length > 0) return;
  const selector = new URLSearchParams({
    labelSelector: Object.entries(service['spec'].selector)
      .map(([key, value]) => `${key}=${value}`)
      .join(),
  });
  const pods = await api.list(`${podsOf(namespace)}?${selector}`);
  if (pods.length === 0) return;
  await api.create(path, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-x`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: service['spec'].ports.map((one: { name: string; port: number; targetPort?: number | string }) => ({
      name: one.name,
      port: Number(one.targetPort ?? one.port) || one.port,
      protocol: 'TCP',
    })),
    endpoints: pods.map((pod) => ({
      addresses: [pod['status'].podIP],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'node-1',
      targetRef: { kind: 'Pod', namespace, name: pod.metadata?.name },
    })),
  });
}

/** What istiod writes into every namespace of the mesh that is there: the root that proxies trust. */
async function handOutRoot(api: ThinApi, root: string): Promise<void> {
  const names = new Set((await api.list('/api/v1/namespaces')).map(({ metadata }) => metadata?.name));
  for (const namespace of inMesh.filter((name) => names.has(name)))
    await api.create(`/api/v1/namespaces/${namespace}/configmaps`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio-ca-root-cert', labels: { 'istio.io/config': 'true' } },
      data: { 'root-cert.pem': root },
    });
}

/** What istiod writes into its webhooks: whom to trust. */
export async function openWebhooks(api: ThinApi, root: string): Promise<void> {
  const caBundle = Buffer.from(root).toString('base64');
  for (const kind of ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']) {
    const path = `/apis/admissionregistration.k8s.io/v1/${kind}`;
    for (const { metadata, webhooks } of await api.list(path)) {
      const trusting = webhooks.map((one: { clientConfig: object }) => ({
        ...one,
        clientConfig: { ...one.clientConfig, caBundle },
      }));
      await api.patch(`${path}/${metadata?.name}`, { webhooks: trusting });
    }
  }
}
