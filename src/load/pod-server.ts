import { PassThrough } from 'node:stream';
import { NotReady, waitUntil } from '../process/index.ts';
import type { Reporter } from '../report/index.ts';
import { lineSplitter } from './lines.ts';
import { type ProbePod, probeFailure, putProbe } from './pod-probe.ts';

export interface PodServerOptions {
  readonly pod: ProbePod;
  /** Of the pod, for HTTP/1.1, HTTP/2 without TLS, and gRPC's health check. */
  readonly httpPort: number;
  /** Of the pod, for raw TCP: lines come back. */
  readonly tcpPort: number;
  /** Seconds after which it ends whatever happens. */
  readonly seconds: number;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** The other side of long connections, in a pod. */
export interface PodServer {
  /** End it, and with it the connections that it has. */
  close(): void;
}

/**
 * Let a pod answer gRPC and raw TCP at two more of its ports. The program lives no longer than the exec
 * that started it. Throws if it cannot listen within half a minute.
 */
export async function startPodServer(options: PodServerOptions): Promise<PodServer> {
  const { pod, httpPort, tcpPort, seconds, signal } = options;
  const path = await putProbe(options);
  const stdin = new PassThrough();
  const cut = new AbortController();
  const seen = { listening: false, failure: undefined as unknown };
  pod.cluster.kube
    .exec(pod, [path, '-serve', `:${httpPort}`, '-echo', `:${tcpPort}`], {
      stdin,
      onStdout: lineSplitter((line) => {
        seen.listening ||= line === 'listening';
      }),
      signal: AbortSignal.any([signal, cut.signal]),
      timeoutMs: seconds * 1000,
    })
    .then(({ stderr }) => {
      seen.failure = probeFailure(pod, stderr.trim() || 'its server ended before its time');
    })
    .catch((error: unknown) => {
      seen.failure = error;
    });
  const what = `${pod.namespace}/${pod.name} of ${pod.cluster.spec.name} to listen`;
  await waitUntil({ what, timeoutMs: 30_000, delayMs: 50, signal }, async () => {
    if (seen.failure) throw seen.failure;
    if (!seen.listening) throw new NotReady('it does not yet');
  });
  return { close: () => cut.abort() };
}
