import { applyTo, type Fault } from '../fault.ts';
import { block, nodeOf, unblock } from '../node.ts';

export default {
  pain: 'B26',
  title: 'a NetworkPolicy closes port 15443 of the gateway',
  done: 'a NetworkPolicy lets only pods of the own cluster in to the gateway, and packets to its port 15443 are dropped, as a network plugin that enforces it does (that of the bed does not)',
  inject: async (bed, { there }) => {
    await applyTo(bed, there, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'own-pods', namespace: 'istio-ingress' },
      spec: {
        podSelector: { matchLabels: { istio: 'eastwestgateway' } },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ namespaceSelector: {} }] }],
      },
    });
    await block(await nodeOf(bed, there), [['forward', 'tcp dport 15443']]);
  },
  expects: {
    check: 'reach',
    names: [
      /^eks-2 NetworkPolicy istio-ingress\/own-pods closes port 15443 of Pod istio-ingress\/istio-eastwestgateway\S* to other networks, so it carries no handshake from eks-1/m,
    ],
  },
  follows: [
    { check: 'lb', why: 'the health check of the port may time out too' },
    { check: 'sync', why: 'Envoy counts the gateway as failed' },
    { check: 'traffic', why: 'no request crosses to this cluster' },
  ],
  points: /NetworkPolicy|15443/i,
  undo: async (bed, { there }) => {
    await unblock(await nodeOf(bed, there));
    await bed.ok(there, ['-n', 'istio-ingress', 'delete', 'networkpolicy', 'own-pods']);
  },
} satisfies Fault;
