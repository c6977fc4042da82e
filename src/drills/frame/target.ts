import { IsthmusError } from '../../errors/index.ts';
import { fullHost, SAMPLE_NAMESPACE, type ServiceRef } from '../../istio/index.ts';
import {
  type KubeObject,
  type ObjectRef,
  type Pod,
  readyPods,
  type Service,
  selectorOf,
} from '../../kubernetes/index.ts';
import { allOf } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';

/** What a drill is asked to be about. */
export interface WantedService {
  readonly namespace: string;
  readonly name: string;
}

/** Pods that may answer requests. */
export interface Answerers {
  readonly namespace: string;
  /** As a label selector. */
  readonly selector: string;
}

/** A cluster whose pods answer for the service. */
export interface Home {
  readonly cluster: MeshCluster;
  /** Names of the ready pods. */
  readonly pods: readonly string[];
  /** Values of their label `version`, each once. */
  readonly versions: readonly string[];
  /** What makes those pods and has `spec.replicas`. */
  readonly workloads: readonly ObjectRef[];
}

export interface Target extends ServiceRef {
  /** Fully qualified host name. */
  readonly host: string;
  readonly url: string;
  /** Of the Service, each once. */
  readonly ports: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
  /** As a label selector. */
  readonly selector: string;
  /** In the order of the mesh file. */
  readonly homes: readonly Home[];
}

export const defaultService: WantedService = { namespace: SAMPLE_NAMESPACE, name: 'helloworld' };

export interface FindTargetOptions {
  readonly clusters: readonly MeshCluster[];
  readonly service: WantedService;
  /** True for a service that need not be in every cluster. */
  readonly anywhere?: boolean | undefined;
  readonly signal: AbortSignal;
}

/** Look the service up in every cluster. DRILL_BLOCKED if a cluster lacks it, or if nowhere a pod answers. */
export async function findTarget(options: FindTargetOptions): Promise<Target> {
  const { clusters, service, anywhere = false, signal } = options;
  const { namespace, name } = service;
  const ref = { apiVersion: 'v1', kind: 'Service', namespace, name };
  const found = await allOf(clusters.map(({ kube }) => kube.get<Service>(ref, { signal })));
  const without = clusters.filter((_, at) => !found[at]).map(({ spec }) => spec.name);
  const live = found.find((one) => one !== undefined);
  if ((without.length > 0 && !anywhere) || !live)
    throw blocked(`there is no Service ${namespace}/${name} in ${without.join(', ')}`, {
      hint: 'name a service that every cluster has: --service NAMESPACE/NAME',
    });
  const labels = live.spec?.selector ?? {};
  const port = live.spec?.ports?.[0]?.port;
  if (Object.keys(labels).length === 0 || port === undefined)
    throw blocked(`Service ${namespace}/${name} selects no pods, or has no port`, {
      hint: 'drills need a service with a selector and a port',
    });
  const selector = selectorOf(labels);
  const homes = await allOf(clusters.map((cluster) => homeIn(cluster, { namespace, selector, signal })));
  const answering = homes.filter(({ pods }) => pods.length > 0);
  if (answering.length === 0)
    throw blocked(`no pod of ${namespace}/${name} is ready in any cluster`, {
      hint: `kubectl -n ${namespace} get pods -l ${selector} shows why`,
    });
  const host = fullHost({ name, namespace });
  const url = `http://${host}:${port}/hello`;
  const ports = [...new Set(found.flatMap((one) => one?.spec?.ports ?? []).map((one) => one.port))];
  return { namespace, name, port, ports, host, url, labels, selector, homes: answering };
}

interface PodsOptions {
  readonly namespace: string;
  readonly selector: string;
  readonly signal: AbortSignal;
}

async function homeIn(cluster: MeshCluster, options: PodsOptions): Promise<Home> {
  const { namespace, selector, signal } = options;
  const pods = await readyPods(cluster.kube, { namespace, labelSelector: selector, signal });
  const makers = await allOf(pods.map((pod) => makerOf(cluster, pod, signal)));
  const known = new Map(makers.flatMap((ref) => (ref ? [[`${ref.kind}/${ref.name}`, ref]] : [])));
  const names = pods.map(({ metadata }) => metadata?.name ?? '');
  const versions = new Set(pods.flatMap(({ metadata }) => metadata?.labels?.['version'] ?? []));
  return { cluster, pods: names, versions: [...versions].sort(), workloads: [...known.values()] };
}

type Replicated = KubeObject & { spec?: { replicas?: number } };

/** The topmost owner of a pod that says how many there are to be; undefined for a pod that nothing makes. */
async function makerOf({ kube }: MeshCluster, pod: Pod, signal: AbortSignal): Promise<ObjectRef | undefined> {
  const namespace = pod.metadata?.namespace;
  let maker: ObjectRef | undefined;
  for (let owner = ownerOf(pod, namespace); owner; ) {
    const object: Replicated | undefined = await kube.get<Replicated>(owner, { signal });
    if (object?.spec?.replicas !== undefined) maker = owner;
    owner = object && ownerOf(object, namespace);
  }
  return maker;
}

function ownerOf({ metadata }: KubeObject, namespace: string | undefined): ObjectRef | undefined {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  return owner && { apiVersion: owner.apiVersion, kind: owner.kind, namespace, name: owner.name };
}

/** DRILL_BLOCKED: what stands against a drill before it changes anything. */
export const blocked = (message: string, { hint }: { hint: string }): IsthmusError =>
  new IsthmusError('DRILL_BLOCKED', message, { hint });
