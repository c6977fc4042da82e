import { IsthmusError } from '../../errors/index.ts';
import { istiodPods } from '../../istio/index.ts';
import { eachPod, type Gate, type GateLook } from './gate.ts';

/** What istiod writes when it has read `cacerts` anew, and how that ended. */
const events = [
  { said: /Update Istiod cacerts/, state: 'reading' },
  { said: /updated its key and certs accordingly/, state: 'taken' },
  { said: /Updating new ROOT-CA not supported|updating new ROOT-CA not supported/, state: 'refused' },
  { said: /Failed to update new Plug-in CA certs|Failed generating plugged-in/, state: 'refused' },
] as const;

/**
 * An istiod that refuses new roots says so in its log alone and goes on with the old ones. One that was
 * started after the change has read the file at its start and has no such line at all.
 */
export const istiodRoots: Gate = {
  title: 'every istiod took the new cacerts',
  nudges: false,
  async pending({ cluster, signal }: GateLook) {
    return eachPod(await istiodPods(cluster, { signal }), async (pod) => {
      const log = await cluster.kube.logs({ ...pod, container: 'discovery' }, { signal, tailLines: 2000 });
      const last = lastEvent(log);
      if (last?.state === 'refused') throw refusal(cluster.spec.name, pod.name, last.line);
      return last?.state === 'reading' ? `istiod ${pod.name} is reading its file` : undefined;
    });
  },
};

/** The last thing that a log says about `cacerts`. */
export function lastEvent(
  log: string,
): { state: (typeof events)[number]['state']; line: string } | undefined {
  const lines = log.split('\n');
  for (const line of lines.reverse()) {
    const event = events.find(({ said }) => said.test(line));
    if (event) return { state: event.state, line: line.trim().slice(0, 300) };
  }
  return undefined;
}

const refusal = (cluster: string, pod: string, line: string): IsthmusError =>
  new IsthmusError('ROTATION_BLOCKED', `istiod ${pod} of ${cluster} did not take its new cacerts: ${line}`, {
    hint: 'it goes on with the roots before, so nothing is broken yet; set ISTIO_MULTIROOT_MESH=true, restart it, then run the same command again, or with --abort to go back',
  });
