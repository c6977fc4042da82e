import { answererClusters, callerPod } from '../../istio/index.ts';
import {
  type CallerRecords,
  isLost,
  percentile,
  type RequestRecord,
  type Requests,
  type RequestTarget,
  startRequests,
} from '../../load/index.ts';
import { allOf } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Reporter } from '../../report/index.ts';
import { type Answerers, blocked, type Target } from './target.ts';

export interface AnswersOptions {
  readonly clusters: readonly MeshCluster[];
  /** Those of them whose pods ask; all by default. */
  readonly callers?: readonly MeshCluster[] | undefined;
  readonly target: Target;
  /** What is asked; kept and fresh connections by default. */
  readonly asked?: readonly RequestTarget[] | undefined;
  /** Pods that may answer besides those of the target. */
  readonly others?: readonly Answerers[] | undefined;
  /** Requests a second of each caller, over all that is asked. */
  readonly rate: number;
  /** The longest that they run, in seconds. */
  readonly seconds: number;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

const askedOf = ({ asked, target: { url } }: AnswersOptions): readonly RequestTarget[] =>
  asked ?? [
    { name: 'kept', connection: 'kept', url },
    { name: 'fresh', connection: 'fresh', url },
  ];

/** Requests a second to each of what is asked. */
const rateOf = (options: AnswersOptions): number =>
  Math.max(1, Math.round(options.rate / askedOf(options).length));

/** Requests of every cluster to the service of a drill, and who answered them. */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #requests: Requests;
  /** Also of pods that are gone by now. */
  readonly #owners = new Map<string, string>();

  private constructor(options: AnswersOptions, requests: Requests) {
    this.#options = options;
    this.#requests = requests;
  }

  /** Start a probe in each cluster. DRILL_BLOCKED if a cluster has no pod that could ask. */
  static async start(options: AnswersOptions): Promise<Answers> {
    const { clusters, seconds, reporter, signal } = options;
    const asking = options.callers ?? clusters;
    const callers = await allOf(asking.map((cluster) => callerIn(cluster, signal)));
    const [targets, rate] = [askedOf(options), rateOf(options)];
    const requests = await startRequests({ callers, targets, rate, seconds, reporter, signal });
    const answers = new Answers(options, requests);
    await answers.learn(signal);
    return answers;
  }

  get callers(): readonly CallerRecords[] {
    return this.#requests.callers;
  }

  /** Pods that came up since are known from now on; in all clusters, or in those that can be asked now. */
  async learn(signal: AbortSignal, reachable?: readonly MeshCluster[]): Promise<void> {
    const { target, others = [] } = this.#options;
    const clusters = reachable ?? this.#options.clusters;
    for (const answerers of [target, ...others]) {
      const found = await answererClusters({ ...answerers, clusters, signal });
      for (const [pod, cluster] of found) this.#owners.set(pod, cluster);
    }
  }

  /** Cluster whose pod answered; undefined for a lost request, `unknown` for a pod that nobody saw. */
  clusterOf(record: RequestRecord): string | undefined {
    return isLost(record) ? undefined : (this.#owners.get(record.instance) ?? 'unknown');
  }

  caller(name: string): CallerRecords {
    const found = this.callers.find(({ from }) => from === name);
    return found ?? { from: name, records: [], marks: [] };
  }

  mark(name: string): Promise<void> {
    return this.#requests.mark(name);
  }

  /** A mark that nobody waits for. */
  stamp(name: string): void {
    this.#requests.stamp(name);
  }

  alive(): void {
    this.#requests.alive();
  }

  async stop(signal: AbortSignal): Promise<void> {
    await this.learn(signal);
    await this.#requests.stop();
  }

  abandon(): void {
    this.#requests.abandon();
  }

  /** Why these requests prove nothing: asked too seldom or too late. Empty if they were as wanted. */
  doubts(): string[] {
    return doubtsOf(this.callers, rateOf(this.#options) * askedOf(this.#options).length);
  }
}

/** What speaks against records of callers that were each to ask `wanted` times a second. */
export function doubtsOf(callers: readonly CallerRecords[], wanted: number): string[] {
  return callers.flatMap(({ from, records: all, marks }) => {
    // While proxies take settings over, requests may wait; nothing is measured then.
    const records = all.filter(({ scheduled }) => scheduled >= (marks[0]?.at ?? 0));
    const first = records[0]?.scheduled ?? 0;
    const last = records.at(-1)?.scheduled ?? 0;
    const due = ((last - first) / 1e6) * wanted;
    if (records.length < 2 * wanted) return [`${from}: only ${records.length} requests were sent`];
    const made = Math.round((records.length / due) * wanted);
    const late = lateness(records);
    if (records.length >= 0.95 * due && late <= tolerableMs) return [];
    return [
      `${from}: ${wanted} requests a second were wanted; this machine made ${made}, 99 of 100 within ${late} ms of their time`,
    ];
  });
}

/** A probe that is later than that measures itself. */
const tolerableMs = 500;

function lateness(records: readonly RequestRecord[]): number {
  const late = records.map(({ scheduled, started }) => Math.max(0, started - scheduled) / 1000);
  return percentile(
    late.sort((a, b) => a - b),
    0.99,
  );
}

async function callerIn(cluster: MeshCluster, signal: AbortSignal) {
  const pod = await callerPod(cluster, signal);
  if (pod) return pod;
  throw blocked(`${cluster.spec.name}: no sleep pod is ready to send requests`, {
    hint: 'set spec.samples: true and run isthmus up',
  });
}
