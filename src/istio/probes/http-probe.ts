import { IsthmusError } from '../../errors/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { SAMPLE_NAMESPACE } from '../names.ts';
import { type RunningPod, runningPods } from '../observe/running-pods.ts';

export interface HttpProbeOptions {
  readonly cluster: MeshCluster;
  /** For instance `http://helloworld.sample:5000/hello`. */
  readonly url: string;
  /** Requests, one after the other, each over its own connection to the proxy. */
  readonly count: number;
  /** The sleep pod that asks; one that runs is looked for by default. */
  readonly pod?: RunningPod | undefined;
  /** Where the sleep pod is; `sample` by default. */
  readonly namespace?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Per request; 5 by default. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpProbeAnswer {
  /** The version that the answer names; empty if the body is not helloworld's. */
  readonly version: string;
  /** Pod that answered; empty likewise. */
  readonly instance: string;
  readonly status: number;
  readonly durationMs: number;
}

export interface HttpProbeResult {
  /** Name of the sleep pod that asked. */
  readonly from: string;
  /** Every answer with an HTTP status, in order; 503 is an answer, not a failure. */
  readonly answers: readonly HttpProbeAnswer[];
  /** Requests that got no HTTP answer: refused, reset or timed out. */
  readonly failures: readonly { readonly message: string }[];
}

/** Between body and figures; a control character that no answer of ours contains. */
const MARK = '\u001e';

/**
 * Ask a URL `count` times from a sleep pod with a single exec, so that the measurement is the
 * mesh's and not the API server's. PROCESS_FAILED without a running sleep pod, TIMED_OUT or
 * CLUSTER_UNREACHABLE only if the exec itself fails.
 */
export async function httpProbe(options: HttpProbeOptions): Promise<HttpProbeResult> {
  const { cluster, count, signal, namespace = SAMPLE_NAMESPACE, timeoutSeconds = 5 } = options;
  const labelSelector = 'app in (sleep,curl)';
  const pod = options.pod ?? (await runningPods(cluster, { namespace, labelSelector, signal }))[0];
  if (!pod)
    throw new IsthmusError(
      'PROCESS_FAILED',
      `no sleep pod runs in namespace ${namespace} of ${cluster.spec.name}`,
      {
        hint: 'set spec.samples: true in the mesh file and run isthmus up',
      },
    );
  const result = await cluster.kube.exec(
    {
      namespace: pod.namespace,
      name: pod.name,
      container: pod.containers.includes('curl') ? 'curl' : 'sleep',
    },
    curlCommand(options),
    { signal, timeoutMs: (count * timeoutSeconds + 10) * 1000 },
  );
  return { from: pod.name, ...parseProbe(result.stdout) };
}

/** One curl for all requests; `#` and a range repeat the URL and the server ignores the fragment. */
export function curlCommand(options: Omit<HttpProbeOptions, 'cluster'>): string[] {
  const headers = Object.entries(options.headers ?? {}).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  return [
    'curl',
    '-sS',
    '--max-time',
    String(options.timeoutSeconds ?? 5),
    // curl repeats a request in silence when a connection that it uses again turns out broken.
    '-H',
    'Connection: close',
    ...headers,
    '-w',
    `${MARK}%{http_code} %{time_total} %{errormsg}\n${MARK}`,
    `${options.url}#[1-${options.count}]`,
  ];
}

/** What curl printed for {@link curlCommand}, as answers and failures. */
export function parseProbe(stdout: string): Omit<HttpProbeResult, 'from'> {
  const parts = stdout.split(MARK);
  const answers: HttpProbeAnswer[] = [];
  const failures: { message: string }[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [, code = '0', seconds = '0', message = ''] = /^(\d+) (\S+) ?(.*)/.exec(parts[at + 1] ?? '') ?? [];
    if (Number(code) === 0) failures.push({ message: message || 'curl said nothing' });
    else answers.push(answerOf(parts[at] ?? '', Number(code), Number(seconds) * 1000));
  }
  return { answers, failures };
}

function answerOf(body: string, status: number, durationMs: number): HttpProbeAnswer {
  const [, version = '', instance = ''] = /Hello version: ([^,\s]+), instance: (\S+)/.exec(body) ?? [];
  return { version, instance, status, durationMs };
}
