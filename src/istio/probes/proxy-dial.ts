import type { CallOptions } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { hostPort } from '../../topology/index.ts';

export interface ProxyDialOptions extends CallOptions {
  readonly pod: { readonly namespace: string; readonly name: string };
  /** IP address. */
  readonly address: string;
  readonly port: number;
}

export interface ProxyDialResult {
  /** `unknown` where the proxy's container runs nothing yet, or what it said is not known here. */
  readonly state: 'open' | 'closed' | 'unknown';
  /** What its agent said last. */
  readonly said: string;
}

/** Of a connection that was made: a TLS server does not speak HTTP. */
const answered = /malformed HTTP|\bEOF\b|reset by peer|HTTP status code/;
const unanswered =
  /i\/o timeout|deadline exceeded|connection refused|no route to host|network is unreachable/;

/**
 * Can a proxy's own container connect to a port? Its agent asks, by `pilot-agent wait`, as the user whose
 * connections do not go through Envoy (istio.io/istio pilot/cmd/pilot-agent/app/wait.go).
 */
export async function dialFromProxy(
  cluster: MeshCluster,
  { pod, address, port, ...options }: ProxyDialOptions,
): Promise<ProxyDialResult> {
  const url = `http://${hostPort({ address, port })}/`;
  const limits = ['--requestTimeoutMillis=1500', '--timeoutSeconds=1', '--periodMillis=100'];
  const command = ['pilot-agent', 'wait', `--url=${url}`, ...limits];
  const target = { namespace: pod.namespace, name: pod.name, container: 'istio-proxy' };
  const { exitCode, stdout, stderr } = await cluster.kube.exec(target, command, {
    timeoutMs: 5_000,
    ...options,
  });
  const said = /Last error: (.*)/.exec(stderr + stdout)?.[1]?.trim() ?? '';
  if (exitCode === 0 || answered.test(said)) return { state: 'open', said };
  return { state: unanswered.test(said) ? 'closed' : 'unknown', said };
}
