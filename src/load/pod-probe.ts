import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { IsthmusError } from '../errors/index.ts';
import type { KubeObject } from '../kubernetes/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import type { Reporter } from '../report/index.ts';
import { ensureProbe } from '../toolchain/index.ts';
import { lineSplitter } from './lines.ts';

/** A pod of one cluster that a probe runs in. Its image needs sh, head and chmod. */
export interface ProbePod {
  readonly cluster: MeshCluster;
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  readonly node: string;
  /** Folder of the container that can be written; `/tmp` by default. */
  readonly folder?: string | undefined;
}

export interface PodProbeOptions {
  readonly pod: ProbePod;
  /** `CONNECTION:NAME=URL`, for `grpc` and `tcp` `CONNECTION:NAME=HOST:PORT`, after the flags `-header NAME:HEADER=VALUE` of some. */
  readonly targets: readonly string[];
  /** Requests a second, for each target. */
  readonly rate: number;
  /** Seconds after which the probe ends whatever happens. */
  readonly seconds: number;
  readonly onLine: (line: string) => void;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** A probe that asks until it is stopped. */
export interface PodProbe {
  /** Put a mark among the records, at the probe's own time. */
  mark(name: string): void;
  /** Let the requests under way end. Resolves when every record has come; throws if the probe died before. */
  stop(): Promise<void>;
  /** End it at once: the exec is cut, and the probe ends with its input. */
  abandon(): void;
  /** Why it ended although nobody stopped it; undefined while it runs. */
  readonly failure: unknown;
}

/**
 * Put the probe into a pod and start it. It lives no longer than the exec that started it: a killed
 * isthmus leaves neither process nor file.
 */
export async function startPodProbe(options: PodProbeOptions): Promise<PodProbe> {
  return running(options, await putProbe(options));
}

/** Put the probe into a pod; the path that it has there. It removes itself when it is started. */
export async function putProbe(
  options: Pick<PodProbeOptions, 'pod' | 'reporter' | 'signal'>,
): Promise<string> {
  const { pod, signal, reporter } = options;
  const architecture = await architectureOf(pod, signal);
  const program = await ensureProbe({ architecture, reporter, signal });
  const path = `${pod.folder ?? '/tmp'}/isthmus-probe-${process.pid}-${randomBytes(4).toString('hex')}`;
  const script = `head -c ${program.length} > ${path} && chmod 755 ${path}`;
  // `head` ends by itself after the right number of bytes; not every exec can say that its input ends.
  const { exitCode, stderr } = await pod.cluster.kube.exec(pod, ['sh', '-c', script], {
    stdin: program,
    signal,
    timeoutMs: 60_000,
  });
  if (exitCode === 0) return path;
  throw probeFailure(pod, `it could not be put into ${pod.folder ?? '/tmp'}: ${stderr.trim()}`);
}

async function architectureOf({ cluster, node }: ProbePod, signal: AbortSignal): Promise<string> {
  const ref = { apiVersion: 'v1', kind: 'Node', name: node };
  const found = await cluster.kube.get<KubeObject & { status?: { nodeInfo?: { architecture?: string } } }>(
    ref,
    { signal },
  );
  return found?.status?.nodeInfo?.architecture ?? 'amd64';
}

function running(options: PodProbeOptions, path: string): PodProbe {
  const { pod, targets, rate, seconds, signal } = options;
  const stdin = new PassThrough();
  const cut = new AbortController();
  const command = [path, '-rate', String(rate), '-for', `${seconds}s`, ...targets];
  const state: { failure: unknown; stopped: boolean } = { failure: undefined, stopped: false };
  const done = pod.cluster.kube
    .exec(pod, command, {
      stdin,
      onStdout: lineSplitter(options.onLine),
      signal: AbortSignal.any([signal, cut.signal]),
      timeoutMs: (seconds + 30) * 1000,
    })
    .then(({ exitCode, stderr }) => {
      if (exitCode !== 0 || !state.stopped)
        throw probeFailure(pod, stderr.trim() || `it ended with exit code ${exitCode} before its time`);
    });
  done.catch((error: unknown) => {
    state.failure = error;
  });
  return {
    mark: (name) => void stdin.write(`mark ${name}\n`),
    stop: () => {
      state.stopped = true;
      stdin.write('stop\n');
      return done;
    },
    abandon: () => cut.abort(),
    get failure() {
      return state.failure;
    },
  };
}

export const probeFailure = ({ cluster, namespace, name }: ProbePod, why: string): IsthmusError =>
  new IsthmusError(
    'PROCESS_FAILED',
    `the request probe in ${namespace}/${name} of ${cluster.spec.name}: ${why}`,
    {
      hint: 'the pod’s image needs sh and head, and a /tmp that can be written and executed from',
    },
  );
