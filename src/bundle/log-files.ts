import { SAMPLE_NAMESPACE } from '../istio/index.ts';
import { containersOf, type Pod } from '../kubernetes/index.ts';
import { istioNamespaceOf } from '../topology/index.ts';
import type { CollectContext } from './collection.ts';
import { bundleLimits, tailOf } from './limits.ts';

/** Logs of each pod's containers, also of the run before the last restart. Applications' own are not taken. */
export async function logFiles(options: CollectContext, pods: readonly Pod[]): Promise<void> {
  await Promise.all(
    pods.flatMap((pod) =>
      containersOf(pod)
        .filter(({ name }) => isOfMesh(pod, name, istioNamespaceOf(options.cluster.spec)))
        .map(({ name }) => containerLogs(options, pod, name)),
    ),
  );
}

function isOfMesh({ metadata, spec }: Pod, container: string, istioNamespace: string): boolean {
  const whole = [istioNamespace, SAMPLE_NAMESPACE].includes(metadata?.namespace ?? '');
  const controller = metadata?.labels?.['app.kubernetes.io/name'] === 'aws-load-balancer-controller';
  return whole || controller || spec?.containers.length === 1 || container.startsWith('istio-');
}

async function containerLogs(options: CollectContext, pod: Pod, container: string): Promise<void> {
  const { cluster, signal, collection } = options;
  const { name = '', namespace = '' } = pod.metadata ?? {};
  const read = (file: string, about: string, previous: boolean) =>
    collection.file(`logs/${namespace}/${name}/${file}`, about, async () => {
      const limits = { tailLines: bundleLimits.logLines, previous, signal };
      return tailOf(await cluster.kube.logs({ namespace, name, container }, limits));
    });
  const restarts = restartsOf(pod, container);
  const runs = [read(`${container}.log`, 'log', false)];
  if (restarts > 0)
    runs.push(read(`${container}.previous.log`, `log before the last of ${restarts} restarts`, true));
  await Promise.all(runs);
}

function restartsOf({ status }: Pod, container: string): number {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return all.find(({ name }) => name === container)?.restartCount ?? 0;
}
