import { PassThrough } from 'node:stream';
import type { Credential } from '../pki/index.ts';
import type { Reporter } from '../report/index.ts';
import { lineSplitter } from './lines.ts';
import { type ProbePod, probeFailure, putProbe } from './pod-probe.ts';

export interface HandshakesOptions {
  /** Where to try from. */
  readonly pod: ProbePod;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** One request to try. */
export interface Handshake {
  /** `ADDRESS:PORT`, IPv6 in brackets. */
  readonly address: string;
  readonly serverName: string;
  /** ALPN. */
  readonly protocols: readonly string[];
  /** Host header of the request behind the handshake. */
  readonly host: string;
  /** Whose certificate is shown; without one the request is sent in plain text. */
  readonly credential?: Credential | undefined;
}

export interface HandshakeVerdict {
  /** `accepted`: an HTTP answer came; `refused`: a TLS alert; `closed`: the connection ended without a word. */
  readonly state: 'accepted' | 'refused' | 'closed' | 'unreachable';
  readonly detail: string;
  /** Of the answer; 0 without one. */
  readonly status: number;
  /** Whom the answer came from, by the URI of the certificate that the other side showed; empty in plain text. */
  readonly peer: string;
  /** The beginning of the answer. */
  readonly body: string;
}

/** A program in a pod that tries requests, one after the other. */
export interface Handshakes {
  /** Try one request, behind a mutual TLS handshake unless it is to be in plain text. Throws PROCESS_FAILED if the program ended. */
  attempt(wanted: Handshake): Promise<HandshakeVerdict>;
  /** End it. */
  close(): void;
}

/** More than the program waits for in one try, twice five seconds; those before have theirs as well. Milliseconds. */
const oneTryMs = 20_000;
/** No drill and no rotation tries for longer. Milliseconds. */
const longestMs = 1_800_000;

interface Waiting {
  readonly resolve: (verdict: HandshakeVerdict) => void;
  readonly reject: (error: unknown) => void;
}

/** Put the program into a pod once for any number of requests. Keys travel by standard input alone. */
export async function openHandshakes(options: HandshakesOptions): Promise<Handshakes> {
  const { pod, signal } = options;
  const path = await putProbe(options);
  const stdin = new PassThrough();
  const cut = new AbortController();
  const waiting: Waiting[] = [];
  let failure: unknown;
  const end = (error: unknown) => {
    failure = error;
    for (const one of waiting.splice(0)) one.reject(error);
  };
  pod.cluster.kube
    .exec(pod, [path, '-handshake'], {
      stdin,
      onStdout: lineSplitter((line) => waiting.shift()?.resolve(JSON.parse(line) as HandshakeVerdict)),
      signal: AbortSignal.any([signal, cut.signal]),
      timeoutMs: longestMs,
    })
    .then(({ stderr }) => end(probeFailure(pod, stderr.trim() || 'it ended before its time')), end);
  const attempt = (wanted: Handshake) =>
    new Promise<HandshakeVerdict>((resolve, reject) => {
      if (failure) return reject(failure);
      waiting.push({ resolve, reject });
      stdin.write(`${JSON.stringify(lineOf(wanted))}\n`);
    });
  return {
    attempt: (wanted) => {
      const timeoutMs = (waiting.length + 1) * oneTryMs;
      return withinTime(attempt(wanted), { pod, timeoutMs });
    },
    close: () => cut.abort(),
  };
}

const lineOf = ({ credential, ...wanted }: Handshake) => ({
  ...wanted,
  plain: credential === undefined,
  chain: credential ? credential.certificatePem + credential.chainPem : '',
  key: credential?.keyPem ?? '',
});

async function withinTime<T>(
  work: Promise<T>,
  { pod, timeoutMs }: { pod: ProbePod; timeoutMs: number },
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(probeFailure(pod, `no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Try one request from a pod. */
export async function tryHandshake(options: HandshakesOptions & Handshake): Promise<HandshakeVerdict> {
  const { pod, reporter, signal, ...wanted } = options;
  const handshakes = await openHandshakes({ pod, reporter, signal });
  try {
    return await handshakes.attempt(wanted);
  } finally {
    handshakes.close();
  }
}
