import type { Credential } from '../pki/index.ts';
import type { Reporter } from '../report/index.ts';
import { type ProbePod, probeFailure, putProbe } from './pod-probe.ts';

export interface HandshakeOptions {
  /** Where to try from. */
  readonly pod: ProbePod;
  /** `ADDRESS:PORT`, IPv6 in brackets. */
  readonly address: string;
  readonly serverName: string;
  /** ALPN. */
  readonly protocols: readonly string[];
  /** Host header of the request behind the handshake. */
  readonly host: string;
  /** Whose certificate is shown; without one the request is sent in plain text. */
  readonly credential?: Credential | undefined;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
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

/** Try one request, behind a mutual TLS handshake unless it is to be in plain text. The key travels by standard input alone. */
export async function tryHandshake(options: HandshakeOptions): Promise<HandshakeVerdict> {
  const { pod, address, serverName, protocols, host, credential, signal } = options;
  const path = await putProbe(options);
  const wanted = {
    address,
    serverName,
    protocols,
    host,
    plain: credential === undefined,
    chain: credential ? credential.certificatePem + credential.chainPem : '',
    key: credential?.keyPem ?? '',
  };
  const { stdout, stderr, exitCode } = await pod.cluster.kube.exec(pod, [path, '-handshake'], {
    stdin: `${JSON.stringify(wanted)}\n`,
    signal,
    timeoutMs: 20_000,
  });
  if (exitCode !== 0) throw probeFailure(pod, stderr.trim());
  return JSON.parse(stdout) as HandshakeVerdict;
}
