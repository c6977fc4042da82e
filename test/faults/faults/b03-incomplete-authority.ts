import { type Fault, heal, patch } from '../fault.ts';

let original: object | undefined;

export default {
  pain: 'B3',
  title: 'cacerts lacks a key, so istiod would sign by itself',
  inject: async (bed, { there }) => {
    const secret = await bed.ok(there, ['-n', 'istio-system', 'get', 'secret', 'cacerts', '-o', 'json']);
    original = (JSON.parse(secret) as { data: object }).data;
    await patch(bed, there, {
      namespace: 'istio-system',
      object: 'secret/cacerts',
      change: { data: { 'cert-chain.pem': null } },
    });
  },
  expects: { check: 'trust', names: [/cacerts/, /cert-chain/] },
  undo: async (bed, { there }) => {
    await patch(bed, there, {
      namespace: 'istio-system',
      object: 'secret/cacerts',
      change: { data: original },
    });
    await heal(bed);
  },
} satisfies Fault;
