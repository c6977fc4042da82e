import {
  callerPod,
  expectedEndpoints,
  fullHost,
  proxyClusters,
  proxyRouting,
  runningPods,
} from '../../istio/index.ts';
import { isLost, type PodServer, type Requests, startPodServer, startRequests } from '../../load/index.ts';
import { allOf, NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { DrillContext } from '../drill.ts';
import type { Target } from '../frame/target.ts';
import { proxyContainer } from '../isolation/paths.ts';
import { objectOf } from '../traffic-policy.ts';
import { begin, judgeLong, longNames } from './long-verdict.ts';

/** Ports of the pods at which they answer meanwhile; Istio has those from 15000 to 15099. */
const ports = { grpc: 17070, tcp: 17071 } as const;
/** On each connection. */
const beatsASecond = 10;
/**
 * Long connections of gRPC and raw TCP to the very pods of a service. HTTP/2 ends at the caller's own
 * proxy and at the pod's; only what is raw goes from end to end, so only that is cut when an endpoint is.
 * The pods answer at two ports more for as long as the drill lasts, behind a Service of its own.
 */
export class LongConnections {
  readonly #context: DrillContext;
  readonly #servers: readonly PodServer[];
  readonly #requests: Requests;

  private constructor(context: DrillContext, servers: readonly PodServer[], requests: Requests) {
    this.#context = context;
    this.#servers = servers;
    this.#requests = requests;
  }

  /** Resolves when every connection is answered. */
  static async open(context: DrillContext): Promise<LongConnections> {
    const servers: PodServer[] = [];
    let requests: Requests | undefined;
    const title = 'long connections, of gRPC and raw TCP, to the same pods';
    try {
      return await context.step({ phase: 'prepare', title }, async () => {
        await serve(context, servers);
        requests = await ask(context);
        await answered(context, requests);
        await requests.mark(begin);
        return new LongConnections(context, servers, requests);
      });
    } catch (error) {
      requests?.abandon();
      for (const server of servers) server.close();
      throw error;
    }
  }

  /** Let them go, where nothing is to be said of them. */
  abandon(): void {
    this.#requests.abandon();
    for (const server of this.#servers) server.close();
  }

  /** End them and say what became of them. `from` is the cluster whose pods are to keep theirs. */
  async finish(from: string): Promise<void> {
    await this.#requests.stop();
    for (const server of this.#servers) server.close();
    judgeLong(this.#context, { callers: this.#requests.callers, from, beatsASecond });
  }
}

const serviceOf = (target: Target) =>
  objectOf({ apiVersion: 'v1', kind: 'Service' }, target, {
    selector: target.labels,
    ports: [
      { name: 'grpc', port: ports.grpc, targetPort: ports.grpc, appProtocol: 'grpc' },
      { name: 'tcp', port: ports.tcp, targetPort: ports.tcp, appProtocol: 'tcp' },
    ],
  });

const nameOf = (target: Target): string => serviceOf(target).metadata?.name ?? '';
const hostOf = (target: Target): string => fullHost({ ...target, name: nameOf(target) });

/** The longest that any of it goes on, in seconds; as long as the drill's own requests. */
const longest = ({ settings }: DrillContext): number =>
  settings.deadlineSeconds ?? settings.durationSeconds * 4 + 300;

async function serve(context: DrillContext, servers: PodServer[]): Promise<void> {
  const { target, clusters, journal, reporter, signal } = context;
  const { namespace, selector: labelSelector } = target;
  for (const { cluster, pods } of target.homes) {
    const found = await runningPods(cluster, { namespace, labelSelector, signal });
    for (const pod of found.filter(({ name }) => pods.includes(name))) {
      const [httpPort, tcpPort, seconds] = [ports.grpc, ports.tcp, longest(context)];
      const at = { pod: proxyContainer(cluster, pod), httpPort, tcpPort, seconds, reporter, signal };
      servers.push(await startPodServer(at));
    }
  }
  for (const cluster of clusters) await journal.act(cluster, { kind: 'create', object: serviceOf(target) });
  await allOf(clusters.map((cluster) => known(context, cluster)));
}

/**
 * No request before the caller's proxy knows where to: what it passes on as it is goes past every proxy,
 * and so would all that follows on the same connection.
 */
async function known(context: DrillContext, cluster: MeshCluster): Promise<void> {
  const { target, clusters, signal } = context;
  const from = cluster.spec.name;
  const pod = await callerPod(cluster, signal);
  if (!pod) return;
  const at = { namespace: pod.namespace, name: pod.name };
  const what = `${from} to know ${hostOf(target)}`;
  const hint = `its pods answer there by themselves while the drill lasts; --kind http asks the service alone`;
  await waitUntil({ what, hint, timeoutMs: 60_000, signal }, async () => {
    const routing = await proxyRouting(cluster, at, { signal });
    const endpoints = await proxyClusters(cluster, at, { signal });
    for (const port of Object.values(ports)) {
      const service = { name: nameOf(target), namespace: target.namespace, port };
      const wanted = await expectedEndpoints({ clusters, from, service, signal });
      const has = endpoints.filter((one) => one.cluster === wanted.envoyCluster);
      if (has.length < wanted.endpoints.length)
        throw new NotReady(`it has ${has.length} of ${wanted.endpoints.length} endpoints at ${port}`);
      if (!routing.includes(wanted.envoyCluster)) throw new NotReady(`it does not route ${port} yet`);
    }
  });
}

async function ask(context: DrillContext): Promise<Requests> {
  const { clusters, target, reporter, signal } = context;
  const callers = (await allOf(clusters.map((cluster) => callerPod(cluster, signal)))).filter(
    (pod) => pod !== undefined,
  );
  const host = hostOf(target);
  const targets = [
    ...longNames.grpc.map((name) => ({ name, connection: 'grpc', url: `${host}:${ports.grpc}` }) as const),
    ...longNames.tcp.map((name) => ({ name, connection: 'tcp', url: `${host}:${ports.tcp}` }) as const),
  ];
  const seconds = longest(context);
  return startRequests({ callers, targets, rate: beatsASecond, seconds, reporter, signal });
}

/** Gateways may hear of the Service a moment after the callers' proxies. */
async function answered({ signal }: DrillContext, requests: Requests): Promise<void> {
  const what = 'every long connection to be answered';
  const hint =
    'a gateway that lets certain hosts alone through does not know this one; --kind http asks the service alone';
  await waitUntil({ what, hint, timeoutMs: 60_000, signal, delayMs: 250 }, async () => {
    requests.alive();
    for (const { from, records } of requests.callers) {
      const newest = records.at(-1)?.scheduled ?? 0;
      const last = records.filter(({ scheduled }) => scheduled > newest - 1e6);
      const names = new Set(last.filter((one) => !isLost(one)).map(({ target }) => target));
      const wanted = Object.values(longNames).flat().length;
      if (names.size < wanted) throw new NotReady(`${from} has ${names.size} that are answered`);
      const lost = last.filter(isLost).length;
      if (lost > 0) throw new NotReady(`${from}: ${lost} of ${last.length} were lost`);
    }
  });
}
