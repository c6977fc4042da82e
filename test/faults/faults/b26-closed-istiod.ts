import { applyTo, type Fault, settle } from '../fault.ts';
import { block, nodeOf, unblock } from '../node.ts';

export default {
  pain: 'B26',
  title: 'a NetworkPolicy closes port 15012 of istiod to the proxies of a namespace',
  done: 'a NetworkPolicy lets only namespace istio-ingress in to istiod on port 15012, packets to it are dropped, as a network plugin that enforces it does (that of the bed does not), and sleep is rolled',
  inject: async (bed, { there }) => {
    const from = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'istio-ingress' } } }];
    await applyTo(bed, there, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'gateways-only', namespace: 'istio-system' },
      spec: {
        podSelector: { matchLabels: { app: 'istiod' } },
        policyTypes: ['Ingress'],
        ingress: [
          { from, ports: [{ protocol: 'TCP', port: 15012 }] },
          { ports: [{ protocol: 'TCP', port: 15017 }] },
        ],
      },
    });
    await block(await nodeOf(bed, there), [['forward', 'tcp dport 15012']]);
    await bed.ok(there, ['-n', 'sample', 'rollout', 'restart', 'deploy/sleep']);
  },
  expects: {
    check: 'istiod',
    names: [
      /^eks-2 NetworkPolicy istio-system\/gateways-only closes port 15012 of Pod istio-system\/istiod-\S* to proxies of namespace sample, so they get neither configuration nor certificates/m,
    ],
  },
  follows: [{ check: 'sync', why: 'the new pod’s proxy has nothing' }],
  points: /NetworkPolicy|15012/i,
  undo: async (bed, { there }) => {
    await unblock(await nodeOf(bed, there));
    await bed.ok(there, ['-n', 'istio-system', 'delete', 'networkpolicy', 'gateways-only']);
    await settle(bed, there, 'sample deploy/sleep');
  },
} satisfies Fault;
