import { applyTo, type Fault } from '../fault.ts';
import { block, nodeOf, unblock } from '../node.ts';

export default {
  pain: 'B26',
  title: 'a NetworkPolicy closes port 15017 of istiod',
  done: 'a NetworkPolicy lets everybody in to istiod on port 15012 alone, and packets to 15017 are dropped, as a network plugin that enforces it does (that of the bed does not)',
  inject: async (bed, { there }) => {
    await applyTo(bed, there, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'discovery-only', namespace: 'istio-system' },
      spec: {
        podSelector: { matchLabels: { app: 'istiod' } },
        policyTypes: ['Ingress'],
        ingress: [{ ports: [{ protocol: 'TCP', port: 15012 }] }],
      },
    });
    await block(await nodeOf(bed, there), [['output', 'tcp dport 15017']]);
  },
  expects: {
    check: 'injection',
    names: [
      /^eks-2 NetworkPolicy istio-system\/discovery-only closes port 15017 of Pod istio-system\/istiod-\S* to the API server, so no pod can be made in namespace \S+/m,
    ],
  },
  follows: [],
  points: /NetworkPolicy|15017/i,
  undo: async (bed, { there }) => {
    await unblock(await nodeOf(bed, there));
    await bed.ok(there, ['-n', 'istio-system', 'delete', 'networkpolicy', 'discovery-only']);
  },
} satisfies Fault;
