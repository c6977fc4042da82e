import type { CallOptions } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { hostPort } from '../../topology/index.ts';
import type { RunningPod } from '../observe/running-pods.ts';
import { clientHello } from './client-hello.ts';
import type { TlsProbeResult } from './tls-probe.ts';

/** A gateway's address, and the name of what is asked for behind it. */
export interface TlsTarget {
  /** IP address of the gateway. */
  readonly address: string;
  readonly port: number;
  readonly serverName: string;
}

export interface TlsProbesOptions extends CallOptions {
  readonly cluster: MeshCluster;
  /** A sample's pod to begin handshakes from; its image needs sh and curl. */
  readonly pod: RunningPod;
  readonly targets: readonly TlsTarget[];
  /** How long an answer is waited for; 2 if left out. The command takes as long for every forty. */
  readonly seconds?: number | undefined;
}

/** Probes at a time; each is a curl with a pipe. */
const atOnce = 40;

/**
 * Begin a handshake with each of many gateways by one command, where `tlsProbe`, which is quicker for
 * a few, needs one for every pair of clusters. Results in the order of
 * the targets. Throws what the exec throws.
 */
export async function tlsProbes({
  cluster,
  pod,
  targets,
  seconds = 2,
  signal,
}: TlsProbesOptions): Promise<TlsProbeResult[]> {
  const container = pod.containers.find((name) => name === 'sleep' || name === 'curl');
  const { namespace, name } = pod;
  const { stdout } = await cluster.kube.exec(
    { namespace, name, container },
    ['sh', '-c', scriptOf(targets, seconds)],
    {
      signal,
      timeoutMs: (10 + seconds * Math.ceil(targets.length / atOnce)) * 1000,
    },
  );
  const lines = new Map(
    stdout.split('\n').map((line) => {
      const [, at = '', said = ''] = /^(\d+) ?(.*)$/.exec(line) ?? [];
      return [at, said];
    }),
  );
  return targets.map((_, at) => resultOf(lines.get(`${at}`) ?? ''));
}

/** The same greeting for all of one name, as the command is a part of the exec's address. */
function scriptOf(targets: readonly TlsTarget[], seconds: number): string {
  const names = [...new Set(targets.map(({ serverName }) => serverName))];
  const hellos = names.map((one, at) => `h${at}=${clientHello(one).toString('base64')}`);
  const probes = targets.map(
    (one, at) => `probe ${at} telnet://${hostPort(one)} $h${names.indexOf(one.serverName)} &`,
  );
  const rounds = Array.from({ length: Math.ceil(probes.length / atOnce) }, (_, round) => [
    ...probes.slice(round * atOnce, (round + 1) * atOnce),
    'wait',
  ]);
  return ['set -f', probeFunction(seconds), ...hellos, ...rounds.flat()].join('\n');
}

/** The input of curl ends with the greeting, as in `tlsProbe`. */
const probeFunction = (seconds: number) =>
  `probe() { r=$({ echo "$3" | base64 -d | curl -sS -m ${seconds} "$2" | head -c 1 | base64; } 2>&1); echo "$1" $r; }`;

/** The first byte in base64, if there was one, and what curl said. */
function resultOf(line: string): TlsProbeResult {
  const words = line.split(' ');
  const byte = words.find((word) => /^[A-Za-z0-9+/]{2}==$/.test(word)) ?? '';
  const [first] = Buffer.from(byte, 'base64');
  const said = words.filter((word) => word !== byte).join(' ');
  return { state: first === 22 ? 'answered' : first === 21 ? 'alert' : 'silent', said };
}
