import { callerPod } from '../../src/istio/index.ts';
import { readLine } from '../../src/load/index.ts';
import { type PodProbe, startPodProbe } from '../../src/load/pod-probe.ts';
import type { MeshCluster } from '../../src/provider/index.ts';
import { silentReporter } from '../../src/report/index.ts';

/**
 * A second, so that what is told is right within the twentieth part of one. At fifty, clients of eight clusters and
 * their proxies take one of two processors, and what they wait for is then a processor.
 */
const rate = 20;
/** The longest that one size takes. */
const seconds = 3600;

/** A client in another cluster that asks all the time. */
export class Caller {
  /** When the first answer came since {@link forget}; milliseconds of this process. */
  firstAt: number | undefined;
  /** When nobody answered for the first time after the last answer. */
  silentSince: number | undefined;
  #probe: PodProbe | undefined;

  static async start(cluster: MeshCluster, app: string): Promise<Caller> {
    const { signal } = new AbortController();
    const pod = await callerPod(cluster, signal);
    if (!pod) throw new Error(`${cluster.spec.name} has no ready sleep pod`);
    const caller = new Caller();
    const targets = [`kept:${app}=http://${app}.sample:5000/hello`];
    const onLine = (line: string) => caller.#take(line, cluster.spec.name);
    const reporter = silentReporter;
    caller.#probe = await startPodProbe({ pod, targets, rate, seconds, onLine, reporter, signal });
    return caller;
  }

  /** It asks no more, and whoever waits for an answer waits in vain. */
  get ended(): boolean {
    return this.#probe?.failure !== undefined;
  }

  forget(): void {
    this.firstAt = undefined;
  }

  stop(): void {
    this.#probe?.abandon();
  }

  #take(line: string, from: string): void {
    const now = performance.now();
    const read = readLine(line, from);
    if ('mark' in read) return;
    if (read.status === 200) {
      this.firstAt ??= now;
      this.silentSince = undefined;
    } else this.silentSince ??= now;
  }
}
