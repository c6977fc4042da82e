import { stringify } from 'yaml';
import { messageOf } from '../errors/index.ts';
import type { KubeObject } from '../kubernetes/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import { istiodDebug } from './istiod.ts';
import { INGRESS_NAMESPACE, SAMPLE_NAMESPACE, SYSTEM_NAMESPACE } from './names.ts';
import { type RunningPod, runningPods } from './pods.ts';
import { proxyAdmin } from './proxy.ts';

/** One text for `bundle`; its name is a path relative to the cluster's folder. */
export interface MeshFile {
  readonly name: string;
  readonly content: string;
}

const NAMESPACES = [SYSTEM_NAMESPACE, INGRESS_NAMESPACE, SAMPLE_NAMESPACE];

/** Kinds whose objects explain a mesh; Secrets are never among them. */
const KINDS: readonly (readonly [string, string])[] = [
  ['v1', 'Pod'],
  ['v1', 'Service'],
  ['v1', 'Event'],
  ['apps/v1', 'Deployment'],
  ['discovery.k8s.io/v1', 'EndpointSlice'],
];
const MESH_KINDS: readonly (readonly [string, string])[] = [
  ['v1', 'Node'],
  ['networking.istio.io/v1', 'Gateway'],
  ['networking.istio.io/v1', 'VirtualService'],
  ['networking.istio.io/v1', 'DestinationRule'],
  ['networking.istio.io/v1', 'ServiceEntry'],
  ['networking.istio.io/v1', 'Sidecar'],
  ['networking.istio.io/v1alpha3', 'EnvoyFilter'],
  ['security.istio.io/v1', 'PeerAuthentication'],
  ['security.istio.io/v1', 'AuthorizationPolicy'],
  ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'],
  ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
];
const DEBUG = ['clusterz', 'networkz', 'syncz', 'endpointShardz', 'mesh'];
const ADMIN = ['clusters?format=json', 'config_dump', 'certs', 'stats?format=json&filter=cluster_manager'];

/**
 * What a maintainer asks for: objects, logs, istiod's debug pages and proxies' dumps. A part that
 * cannot be had is a file that says why.
 */
export async function collectMeshFiles(options: {
  readonly cluster: MeshCluster;
  readonly signal: AbortSignal;
}): Promise<MeshFile[]> {
  const { cluster, signal } = options;
  const perNamespace = await Promise.all(
    NAMESPACES.map((namespace) => runningPods(cluster, namespace, '', { signal })),
  );
  const pods = perNamespace.flat();
  const collected = await Promise.all([
    ...objectFiles(cluster, signal),
    ...pods.flatMap((pod) => logFiles(cluster, pod, signal)),
    ...pods.flatMap((pod) => dumpFiles(cluster, pod, signal)),
  ]);
  return collected;
}

async function attempt(name: string, collect: () => Promise<string>): Promise<MeshFile> {
  try {
    return { name, content: await collect() };
  } catch (error) {
    return { name: `${name}.error.txt`, content: `${messageOf(error)}\n` };
  }
}

function objectFiles(cluster: MeshCluster, signal: AbortSignal): Promise<MeshFile>[] {
  const list = (apiVersion: string, kind: string, namespace?: string) => () =>
    cluster.kube.list(apiVersion, kind, { namespace, signal }).then(asYaml);
  return [
    ...MESH_KINDS.map(([version, kind]) => attempt(`objects/${kind}.yaml`, list(version, kind))),
    ...NAMESPACES.flatMap((namespace) =>
      KINDS.map(([version, kind]) =>
        attempt(`objects/${namespace}/${kind}.yaml`, list(version, kind, namespace)),
      ),
    ),
  ];
}

const asYaml = (objects: readonly KubeObject[]) =>
  objects
    .map(
      ({ metadata, ...rest }) =>
        `---\n${stringify({ ...rest, metadata: { ...metadata, managedFields: undefined } })}`,
    )
    .join('');

function logFiles(cluster: MeshCluster, pod: RunningPod, signal: AbortSignal): Promise<MeshFile>[] {
  const { namespace, name } = pod;
  return pod.containers.map((container) =>
    attempt(`logs/${namespace}/${name}/${container}.log`, () =>
      cluster.kube.logs({ namespace, name, container }, { tailLines: 5000, signal }),
    ),
  );
}

function dumpFiles(cluster: MeshCluster, pod: RunningPod, signal: AbortSignal): Promise<MeshFile>[] {
  const text = (value: unknown) => `${JSON.stringify(value, undefined, 1)}\n`;
  const folder = `dumps/${pod.namespace}/${pod.name}`;
  if (pod.containers.includes('discovery'))
    return DEBUG.map((page) =>
      attempt(`${folder}/${page}.json`, async () =>
        text(await istiodDebug(cluster, pod.name, `/debug/${page}`, { signal })),
      ),
    );
  if (!pod.containers.includes('istio-proxy')) return [];
  return ADMIN.map((path) =>
    attempt(`${folder}/${path.split('?')[0]}.json`, async () =>
      text(await proxyAdmin(cluster, pod, path, { signal })),
    ),
  );
}
