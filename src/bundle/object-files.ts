import type { CoreEvent, KubeObject, ListOptions } from '../kubernetes/index.ts';
import { istioNamespaceOf } from '../topology/index.ts';
import type { CollectContext } from './collection.ts';
import { yamlOf } from './limits.ts';

interface CollectedKind {
  readonly version: string;
  readonly kind: string;
  readonly about: string;
  readonly options?: ListOptions;
  readonly only?: (object: KubeObject) => boolean;
}

const ofIstio = ({ metadata }: KubeObject) => /istio/.test(metadata?.name ?? '');

/** Kinds of Kubernetes itself that explain a mesh, besides Pods, Services and Nodes, which others read; never Secrets. */
const kinds: readonly CollectedKind[] = [
  { version: 'v1', kind: 'Namespace', about: 'labels for network, injection and revision' },
  { version: 'discovery.k8s.io/v1', kind: 'EndpointSlice', about: 'the endpoints that istiods should have' },
  { version: 'apps/v1', kind: 'Deployment', about: 'istiod, gateways and workloads' },
  { version: 'apps/v1', kind: 'DaemonSet', about: 'CNI plug-ins and other agents of nodes' },
  { version: 'apps/v1', kind: 'StatefulSet', about: 'workloads with pods that have names' },
  { version: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', about: 'replicas of istiod and gateways' },
  { version: 'policy/v1', kind: 'PodDisruptionBudget', about: 'how many gateway pods may be away' },
  { version: 'networking.k8s.io/v1', kind: 'NetworkPolicy', about: 'what may close 15012, 15017 or 15443' },
  {
    version: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    about: 'injection and the authority it is called with',
  },
  {
    version: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    about: 'validation of Istio configuration',
  },
  {
    version: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    about: 'what istiods and remote readers may read',
    only: ofIstio,
  },
  {
    version: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    about: 'who may read it',
    only: ofIstio,
  },
];

/** Kubernetes' own objects in all namespaces, one file for each kind. */
export async function objectFiles(found: CollectContext): Promise<void> {
  const { cluster, collection, signal, namespaces } = found;
  const ofKind = ({ version, kind, about, options, only = () => true }: CollectedKind) =>
    collection.file(`objects/${kind}.yaml`, about, async () => {
      const objects = await cluster.kube.list(version, kind, { ...options, signal });
      return yamlOf(meshFirst(objects.filter(only), namespaces));
    });
  await Promise.all([...kinds.map(ofKind), eventFile(found), configMapFiles(found)]);
}

/** Objects of these namespaces first, otherwise in the order they have. */
export function meshFirst<T extends KubeObject>(objects: readonly T[], namespaces: ReadonlySet<string>): T[] {
  const rank = ({ metadata }: T) => (namespaces.has(metadata?.namespace ?? '') ? 0 : 1);
  return [...objects].sort((a, b) => rank(a) - rank(b));
}

async function eventFile({ cluster, collection, signal }: CollectContext): Promise<void> {
  const when = ({ lastTimestamp, eventTime, metadata }: CoreEvent) =>
    String(lastTimestamp ?? eventTime ?? metadata?.creationTimestamp ?? '');
  await collection.file('objects/Event.yaml', 'events of all namespaces, newest first', async () => {
    const events = await cluster.kube.list<CoreEvent>('v1', 'Event', { signal });
    return yamlOf(events.sort((a, b) => when(b).localeCompare(when(a))));
  });
}

const systemMaps = ['isthmus-load-balancers', 'coredns', 'kube-proxy', 'kube-proxy-config', 'node-local-dns'];

async function configMapFiles({ cluster, collection, signal, namespaces }: CollectContext): Promise<void> {
  const istioNamespace = istioNamespaceOf(cluster.spec);
  const list = (options: ListOptions) => cluster.kube.list('v1', 'ConfigMap', { ...options, signal });
  await Promise.all([
    collection.file(
      `configmaps/${istioNamespace}.yaml`,
      'mesh configuration, injection templates and values, of every revision',
      async () => yamlOf(await list({ namespace: istioNamespace })),
    ),
    collection.file('configmaps/kube-system.yaml', 'DNS, kube-proxy and local load balancers', async () => {
      const maps = await list({ namespace: 'kube-system' });
      return yamlOf(maps.filter(({ metadata }) => systemMaps.includes(metadata?.name ?? '')));
    }),
    collection.file(
      'configmaps/istio-ca-root-cert.yaml',
      'the roots that each namespace is given',
      async () => {
        const maps = await list({ fieldSelector: 'metadata.name=istio-ca-root-cert' });
        return yamlOf(meshFirst(maps, namespaces));
      },
    ),
  ]);
}
