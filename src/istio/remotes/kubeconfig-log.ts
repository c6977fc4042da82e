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

const telling = /(?:(?:Add|Update) cluster\b|kubeconfig are identical).*cluster"?[=:]"?([-\w.]+)/;

/**
 * The last that an istiod's log, plain or JSON, tells of a cluster's kubeconfig (`addRemoteConfig` of istio.io/istio
 * pkg/kube/multicluster/secretcontroller.go); undefined if it tells of none.
 */
export function lastReading(log: string, cluster: string): KubeconfigReading | undefined {
  const line = log.split('\n').findLast((one) => telling.exec(one)?.[1] === cluster);
  if (line === undefined) return undefined;
  const [time] = /\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)/.exec(line) ?? [];
  return {
    at: time === undefined ? undefined : new Date(time),
    refused: /create remote cluster failed/.test(line),
  };
}
