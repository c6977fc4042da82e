import { IsthmusError } from '../../errors/index.ts';
import type { CallOptions } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { contextOf } from '../../topology/index.ts';

/** A pod and, where it has several, which container to act in. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly container?: string | undefined;
}

/** What to run in a pod, and what it reads. */
export interface PodCommand extends CallOptions {
  /** Program and arguments; no shell is between. */
  readonly command: readonly string[];
  readonly stdin?: string | undefined;
}

const COMMAND_TIMEOUT_MS = 15_000;

/**
 * Run a command in a pod and return its standard output. PROCESS_FAILED names pod and exit code when it ends badly.
 */
export async function podCommand(
  cluster: MeshCluster,
  pod: PodRef,
  { command, signal, timeoutMs = COMMAND_TIMEOUT_MS, stdin }: PodCommand,
): Promise<string> {
  const result = await cluster.kube.exec(pod, command, {
    signal,
    timeoutMs,
    ...(stdin === undefined ? {} : { stdin }),
  });
  if (result.exitCode === 0) return result.stdout;
  const said = (result.stderr || result.stdout).trim().split('\n').slice(-3).join('\n');
  throw new IsthmusError(
    'PROCESS_FAILED',
    `${command[0]} in pod ${pod.namespace}/${pod.name} of ${cluster.spec.name} ended with exit code ${result.exitCode}: ${said}`,
    {
      hint: `look at kubectl --context ${contextOf(cluster.spec)} -n ${pod.namespace} logs ${pod.name} --all-containers`,
    },
  );
}

/** Parse what {@link podCommand} returned; PROCESS_FAILED when it is not JSON. */
export function parseJson<T>(text: string, from: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new IsthmusError(
      'PROCESS_FAILED',
      `${from} answered something other than JSON: ${text.slice(0, 120)}`,
      {
        hint: 'the component may be starting or of an unsupported version; try again, then look at its logs',
        cause,
      },
    );
  }
}
