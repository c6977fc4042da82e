import type { MeshCluster } from '../../provider/index.ts';
import { discoveryOf } from '../observe/istiod.ts';

const LOG_LINES = 2000;

/** The end of an istiod's log: it tells there of each kubeconfig that it reads, and shows it nowhere else. */
export const istiodLog = (cluster: MeshCluster, pod: string, signal: AbortSignal): Promise<string> =>
  cluster.kube.logs(discoveryOf(cluster, pod), { tailLines: LOG_LINES, signal });

/** What an istiod last told of a cluster's kubeconfig. */
export interface KubeconfigReading {
  /** Undefined where its log has no time. */
  readonly at: Date | undefined;
  /** It could make nothing of the kubeconfig, and goes on by the one before, if there was one. */
  readonly refused: boolean;
}

const taken = String.raw`(?:Add|Update) cluster\b`;
/** Of a Secret that was written anew with what it held before. */
const same = 'kubeconfig are identical';

function lastLine(log: string, cluster: string, telling: string): string | undefined {
  const pattern = new RegExp(String.raw`(?:${telling}).*cluster"?[=:]"?([-\w.]+)`);
  return log.split('\n').findLast((line) => pattern.exec(line)?.[1] === cluster);
}

/** The last line of an istiod's log, plain or JSON, that tells of a kubeconfig for a cluster that is not the one before. */
export const lastKubeconfigLine = (log: string, cluster: string): string | undefined =>
  lastLine(log, cluster, taken);

/**
 * The last that an istiod's log, plain or JSON, tells of a cluster's kubeconfig (`addRemoteConfig` of istio.io/istio
 * pkg/kube/multicluster/secretcontroller.go); undefined if it tells of none.
 */
export function lastReading(log: string, cluster: string): KubeconfigReading | undefined {
  const line = lastLine(log, cluster, `${taken}|${same}`);
  if (line === undefined) return undefined;
  const [time] = /\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)/.exec(line) ?? [];
  return {
    at: time === undefined ? undefined : new Date(time),
    refused: /create remote cluster failed/.test(line),
  };
}
