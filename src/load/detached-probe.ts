import { NotReady, waitUntil } from '../process/index.ts';
import { argumentsOf, type RequestTarget } from './arguments.ts';
import { type PodProbeOptions, type ProbePod, probeFailure, putProbe } from './pod-probe.ts';
import { type RequestRecord, readLine } from './record.ts';

export interface DetachedOptions
  extends Pick<PodProbeOptions, 'pod' | 'rate' | 'seconds' | 'reporter' | 'signal'> {
  readonly targets: readonly RequestTarget[];
}

/** A probe that goes on where nobody can talk to its pod meanwhile. */
export interface DetachedProbe {
  /** Wait for its end and fetch what it told; the API server must answer again. TIMED_OUT if it does not end. */
  collect(signal: AbortSignal): Promise<readonly RequestRecord[]>;
}

/** Files that nobody collected are removed after so many seconds. */
const keepSeconds = 900;

/** Let a probe ask for `seconds` in a pod by itself, its records in a file beside it. */
export async function startDetachedProbe(options: DetachedOptions): Promise<DetachedProbe> {
  const { pod, rate, seconds, signal } = options;
  const path = await putProbe(options);
  const asked = options.targets.map(argumentsOf);
  const words = [...asked.flatMap(({ flags }) => flags), ...asked.map(({ target }) => target)];
  const command = `${path} -rate ${rate} -for ${seconds}s ${words.map((word) => `'${word}'`).join(' ')}`;
  // The probe ends with its input, so something has to hold that open for as long as it asks.
  const work = `sleep ${seconds + 10} | ${command} > ${path}.out 2> ${path}.err; echo $? > ${path}.end`;
  const script = `(${work}; sleep ${keepSeconds}; rm -f ${path}.*) > /dev/null 2>&1 < /dev/null &`;
  const { exitCode, stderr } = await execIn(pod, script, signal);
  if (exitCode !== 0) throw probeFailure(pod, stderr.trim());
  return { collect: (inner) => collect(pod, path, { seconds, signal: inner }) };
}

const execIn = ({ cluster, ...pod }: ProbePod, script: string, signal: AbortSignal) =>
  cluster.kube.exec(pod, ['sh', '-c', script], { signal, timeoutMs: 60_000 });

async function collect(
  pod: ProbePod,
  path: string,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<readonly RequestRecord[]> {
  const what = `the request probe in ${pod.name} to end`;
  await waitUntil({ what, timeoutMs: (seconds + 60) * 1000, signal }, async () => {
    const { exitCode } = await execIn(pod, `test -s ${path}.end`, signal);
    if (exitCode !== 0) throw new NotReady('it still asks');
  });
  const { stdout } = await execIn(pod, `cat ${path}.out; rm -f ${path}.*`, signal);
  const lines = stdout.split('\n').filter(Boolean);
  return lines.flatMap((line) => {
    const read = readLine(line, pod.cluster.spec.name);
    return 'mark' in read ? [] : [read];
  });
}
