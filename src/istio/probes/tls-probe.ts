import type { CallOptions } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { hostPort } from '../../topology/index.ts';
import type { RunningPod } from '../observe/running-pods.ts';
import { clientHello } from './client-hello.ts';

export interface TlsProbeOptions extends CallOptions {
  readonly cluster: MeshCluster;
  /** A sample's pod to knock from; its image needs sh and curl. */
  readonly pod: RunningPod;
  /** IP address of the gateway. */
  readonly address: string;
  readonly port: number;
  readonly serverName: string;
}

export interface TlsProbeResult {
  /** `answered` means that a TLS server behind the gateway began its handshake. */
  readonly state: 'answered' | 'alert' | 'silent';
  /** What curl said, if anything. */
  readonly said: string;
}

/** Begin a handshake with a gateway as a sidecar would, and look at the first byte that comes back. */
export async function tlsProbe(options: TlsProbeOptions): Promise<TlsProbeResult> {
  const { cluster, pod, address, port, serverName, signal } = options;
  const container = pod.containers.find((name) => name === 'sleep' || name === 'curl');
  const url = `telnet://${hostPort({ address, port })}`;
  const hello = clientHello(serverName).toString('base64');
  // The input stays open for two seconds, because curl ends with it.
  const script = `(echo ${hello} | base64 -d; sleep 2) | curl -sS -m 2 '${url}' | head -c 1 | base64`;
  const { namespace, name } = pod;
  const result = await cluster.kube.exec({ namespace, name, container }, ['sh', '-c', script], {
    signal,
    timeoutMs: 12_000,
  });
  const [first] = Buffer.from(result.stdout.trim(), 'base64');
  const state = first === 22 ? 'answered' : first === 21 ? 'alert' : 'silent';
  return { state, said: result.stderr.trim().split('\n').at(-1) ?? '' };
}
