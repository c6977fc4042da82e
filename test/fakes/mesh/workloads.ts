import type { KubeObject } from '../../../src/kubernetes/index.ts';

/** Long ago, so that nothing looks like a roll-out. */
const made = '2026-01-01T00:00:00Z' as unknown as Date;
export const ready = [{ type: 'Ready', status: 'True', lastTransitionTime: made }];

type Labels = Readonly<Record<string, string>>;

export const meta = (namespace: string | undefined, name: string, labels: Labels = {}) => ({
  name,
  ...(namespace ? { namespace } : {}),
  labels,
  creationTimestamp: made,
});

interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly ip: string;
  readonly containers: readonly object[];
}

/** A Deployment with one pod. */
export function workload({ namespace, name, labels, ip, containers }: Workload): KubeObject[] {
  const spec = { containers };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta(namespace, name, labels),
      spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      status: { replicas: 1, readyReplicas: 1, availableReplicas: 1 },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: meta(namespace, `${name}-6d5f7b9c8-abcde`, labels),
      spec: { nodeName: 'node-1', ...spec },
      status: { phase: 'Running', podIP: ip, conditions: ready },
    },
  ];
}

export const proxy = (network: string) => ({
  name: 'istio-proxy',
  image: 'docker.io/istio/proxyv2:1.31.0',
  env: [{ name: 'ISTIO_META_NETWORK', value: network }],
});
