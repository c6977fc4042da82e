import type { CallOptions } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { hostPort } from '../../topology/index.ts';
import type { RunningPod } from '../observe/running-pods.ts';
import { clientHello } from './client-hello.ts';

export interface TlsProbeOptions extends CallOptions {
  readonly cluster: MeshCluster;
  /** A sample's pod to begin handshakes from; its image needs sh and curl. */
  readonly pod: RunningPod;
  /** IP address of the gateway. */
  readonly address: string;
  readonly port: number;
  readonly serverName: string;
  /** How long an answer is awaited, the connection included; 2 by default. */
  readonly seconds?: number | undefined;
}

export interface TlsProbeResult {
  /** `answered` means that a TLS server behind the gateway began its handshake. */
  readonly state: 'answered' | 'alert' | 'silent';
  /** What curl said, if anything. */
  readonly said: string;
}

/** Begin a handshake with a gateway as a sidecar would, and look at the first byte that comes back. */
export async function tlsProbe(options: TlsProbeOptions): Promise<TlsProbeResult> {
  const { cluster, pod, address, port, serverName, seconds = 2, signal } = options;
  const container = pod.containers.find((name) => name === 'sleep' || name === 'curl');
  const url = `telnet://${hostPort({ address, port })}`;
  const { namespace, name } = pod;
  let first: number | undefined;
  const answered = new AbortController();
  const onStdout = (chunk: Buffer) => {
    first ??= chunk[0];
    // By itself it would end with its time only, whatever came back.
    answered.abort();
  };
  const hello = clientHello(serverName).toString('base64');
  // Before it looks for an answer once more, curl reads more input, and waits for it: the input ends.
  const command = ['sh', '-c', `echo ${hello} | base64 -d | curl -sSN -m ${seconds} '${url}'`];
  const ended = signal ? AbortSignal.any([signal, answered.signal]) : answered.signal;
  const call = { onStdout, signal: ended, timeoutMs: (seconds + 10) * 1000 };
  const said = await cluster.kube.exec({ namespace, name, container }, command, call).then(
    ({ stderr }) => stderr.trim().split('\n').at(-1) ?? '',
    (error: unknown) => {
      if (first === undefined || signal?.aborted) throw error;
      return '';
    },
  );
  const state = first === 22 ? 'answered' : first === 21 ? 'alert' : 'silent';
  return { state, said };
}
