import { keptUrl, runningPods } from '../../src/istio/index.ts';
import { connectionFromKubeconfig, createClient } from '../../src/kubernetes/index.ts';
import { startLoad } from '../../src/load/index.ts';
import { localProvider } from '../../src/local/index.ts';
import type { MeshCluster } from '../../src/provider/index.ts';
import { type LoadReport, silentReporter } from '../../src/report/index.ts';
import { loadTopology } from '../../src/topology/index.ts';
import type { Bed } from './bed.ts';

/**
 * Send helloworld requests from the sleep pods of these clusters, so many a second in all, due at their times
 * whatever becomes of the ones before, until `stop`, which fails where fewer were sent than came due: no loss
 * among requests that were never sent proves nothing.
 */
export async function steadyLoad(
  bed: Bed,
  clusters: readonly string[],
  perSecond = 20,
): Promise<{ stop(): Promise<LoadReport> }> {
  const signal = new AbortController().signal;
  const callers = await Promise.all(
    (await meshClusters(bed, clusters)).map(async (cluster) => {
      const [pod] = await runningPods(cluster, { namespace: 'sample', labelSelector: 'app=sleep', signal });
      if (!pod) throw new Error(`${cluster.spec.name} has no sleep pod`);
      return { cluster, namespace: pod.namespace, name: pod.name, node: pod.node, container: 'sleep' };
    }),
  );
  const load = await startLoad({
    callers,
    keptUrl,
    freshUrl: keptUrl,
    rate: perSecond / callers.length ** 2,
    seconds: 1800,
    clusterOf: () => undefined,
    reporter: silentReporter,
    signal,
  });
  const began = Date.now();
  return {
    async stop() {
      const due = ((Date.now() - began) / 1000) * perSecond;
      const report = await load.stop();
      if (report.sent < 0.9 * due) throw new Error(`sent ${report.sent} of ${Math.round(due)} requests`);
      return report;
    },
  };
}

/** These local clusters of the bed's file, by its kubeconfig. */
export async function meshClusters(
  bed: Pick<Bed, 'file' | 'kubeconfig'>,
  names: readonly string[],
): Promise<MeshCluster[]> {
  const { clusters } = await loadTopology(bed.file);
  return Promise.all(
    clusters
      .filter(({ name }) => names.includes(name))
      .map(async (spec) => {
        const from = { cluster: spec.name, path: bed.kubeconfig, context: spec.name };
        const kube = createClient(await connectionFromKubeconfig(from));
        return { spec, kube, capabilities: localProvider().capabilities(spec) };
      }),
  );
}

/** What was lost, a short line for each kind and what matters most first, so that the end of a long output still says it. */
export const lossLines = (report: LoadReport | undefined): string[] | undefined =>
  report?.losses.map(
    ({ from, connection, period, reason, count }) =>
      `${count} ${connection} of ${from} in ${period}: ${reason}`,
  );
