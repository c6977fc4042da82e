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
  /** Whose certificate is shown. */
  readonly credential: Credential;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

export interface HandshakeVerdict {
  /** `accepted`: an HTTP answer came; `refused`: a TLS alert; `closed`: the connection ended without a word. */
  readonly state: 'accepted' | 'refused' | 'closed' | 'unreachable';
  readonly detail: string;
}

/** Try one mutual TLS handshake and a request behind it. The key travels by standard input alone. */
export async function tryHandshake(options: HandshakeOptions): Promise<HandshakeVerdict> {
  const { pod, address, serverName, protocols, host, credential, signal } = options;
  const path = await putProbe(options);
  const wanted = {
    address,
    serverName,
    protocols,
    host,
    chain: credential.certificatePem + credential.chainPem,
    key: credential.keyPem,
  };
  const { stdout, stderr, exitCode } = await pod.cluster.kube.exec(pod, [path, '-handshake'], {
    stdin: `${JSON.stringify(wanted)}\n`,
    signal,
    timeoutMs: 20_000,
  });
  if (exitCode !== 0) throw probeFailure(pod, stderr.trim());
  return JSON.parse(stdout) as HandshakeVerdict;
}
