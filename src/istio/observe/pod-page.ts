import { type ErrorCode, isIsthmusError } from '../../errors/index.ts';
import { type CallOptions, type KubeClient, type PodPage, refusalStatus } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type PodRef, podCommand } from './pod-command.ts';

/** A page that istiod or a proxy serves inside its own pod. */
export interface PageRequest extends CallOptions {
  /** With its query. */
  readonly path: string;
}

/** Where a component has its pages: a port of the pod's loopback, and its own program that reads them there. */
export interface PageServer {
  readonly container: string;
  readonly port: number;
  readonly command: readonly string[];
}

/** A pod, or a container of it, and which of its component's pages are meant. */
export interface ServedPod extends PodRef {
  readonly server: PageServer;
}

/** istiod's port for monitoring; both by their defaults, as istioctl takes them too. */
export const istiodServer: PageServer = {
  container: 'discovery',
  port: 15014,
  command: ['pilot-discovery', 'request', 'GET'],
};

/** Envoy's admin interface. */
export const envoyServer: PageServer = {
  container: 'istio-proxy',
  port: 15000,
  command: ['pilot-agent', 'request', 'GET'],
};

/**
 * GET a page of a component in its pod, by a forwarded port, which starts no process there: a command in a
 * container costs its node a fifth of a second of CPU. Where no port can be forwarded (no right to it, or a
 * runtime that cannot reach a pod of IPv6 alone) the component's own program is run in the pod. Throws
 * PROCESS_FAILED, naming the pod, where neither brings the page.
 */
export async function podPage(
  cluster: MeshCluster,
  pod: ServedPod,
  { path, ...options }: PageRequest,
): Promise<string> {
  const { namespace, name, server } = pod;
  const page = await forwarded(cluster.kube, pod, { path: path.replace(/^(?!\/)/, '/'), ...options });
  // Both programs, too, give the body of a page that is not there.
  if (page && (page.status < 400 || page.status === 404)) return page.body;
  const container = pod.container ?? server.container;
  return podCommand(
    cluster,
    { namespace, name, container },
    { command: [...server.command, path], ...options },
  );
}

/** Clients that may not forward ports. */
const unfit = new WeakSet<KubeClient>();
const elsewise: ReadonlySet<ErrorCode> = new Set(['PORT_CLOSED', 'API_REFUSED']);

/** The page; undefined where it has to be read in another way. */
async function forwarded(
  kube: KubeClient,
  { namespace, name, server }: ServedPod,
  request: PageRequest,
): Promise<PodPage | undefined> {
  if (unfit.has(kube)) return undefined;
  try {
    return await kube.page({ namespace, name }, { port: server.port, ...request });
  } catch (error) {
    if (!isIsthmusError(error) || !elsewise.has(error.code)) throw error;
    if (refusalStatus(error) === 403) unfit.add(kube);
    return undefined;
  }
}
