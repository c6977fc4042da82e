import type { Bed } from '../../e2e/bed.ts';
import { applyTo, type Fault } from '../fault.ts';
import { block, nodeOf, unblock } from '../node.ts';

const table = ['-n', 'kube-system', 'get', 'configmap', 'isthmus-load-balancers', '-o', 'yaml'];

/** Health checks take their thresholds until they say something else, each gateway's at a time of its own. */
async function waitForHealth(bed: Bed, cluster: string, other: RegExp): Promise<void> {
  const until = Date.now() + 120_000;
  while (other.test(await bed.ok(cluster, table)))
    if (Date.now() > until) throw new Error(`the targets of ${cluster} did not change their health`);
}

export default {
  pain: 'B26',
  title: 'a NetworkPolicy closes port 15021 of the gateway to the load balancer’s health checks',
  done: 'a NetworkPolicy lets only port 15443 of the gateway be reached, and packets of health checks to its port 15021 are dropped, as a network plugin that enforces it does (that of the bed does not), until the targets are unhealthy',
  inject: async (bed, { there }) => {
    await applyTo(bed, there, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'requests-only', namespace: 'istio-ingress' },
      spec: {
        podSelector: { matchLabels: { istio: 'eastwestgateway' } },
        policyTypes: ['Ingress'],
        ingress: [{ ports: [{ protocol: 'TCP', port: 15443 }] }],
      },
    });
    // Health checks come from the node itself here, as the kubelet's do, who takes a minute to call the pod not ready.
    await block(await nodeOf(bed, there), [['output', 'tcp dport 15021']]);
    await waitForHealth(bed, there, /\bhealthy\b/);
  },
  expects: {
    check: 'lb',
    names: [
      /^eks-2 NetworkPolicy istio-ingress\/requests-only closes port 15021 of Pod istio-ingress\/istio-eastwestgateway\S* to the load balancer, so Service istio-ingress\/istio-eastwestgateway has no healthy target/m,
    ],
  },
  follows: [
    {
      check: 'gateways',
      why: 'the kubelet asks the same port, and finds the gateway not ready a minute later',
    },
  ],
  points: /NetworkPolicy|15021|target/i,
  undo: async (bed, { there }) => {
    await unblock(await nodeOf(bed, there));
    await bed.ok(there, ['-n', 'istio-ingress', 'delete', 'networkpolicy', 'requests-only']);
    await waitForHealth(bed, there, /\bunhealthy\b/);
  },
} satisfies Fault;
