import { createRoot, issueIntermediate, toSecretData } from '../../../src/pki/index.ts';
import { type Fault, heal, patch } from '../fault.ts';

let original: object | undefined;

export default {
  pain: 'B2',
  title: 'the clusters have different roots',
  inject: async (bed, { there }) => {
    const secret = await bed.ok(there, ['-n', 'istio-system', 'get', 'secret', 'cacerts', '-o', 'json']);
    original = (JSON.parse(secret) as { data: object }).data;
    const root = await createRoot({ subject: 'stranger', algorithm: 'ecdsa-p256', years: 1 });
    const intermediate = await issueIntermediate({
      root,
      cluster: there,
      meshName: 'stranger',
      days: 30,
      algorithm: 'ecdsa-p256',
    });
    const stringData = toSecretData(intermediate, [root]);
    await patch(bed, there, {
      namespace: 'istio-system',
      object: 'secret/cacerts',
      change: { stringData },
    });
  },
  expects: { check: 'trust', names: [/cacerts/] },
  undo: async (bed, { there }) => {
    await patch(bed, there, {
      namespace: 'istio-system',
      object: 'secret/cacerts',
      change: { data: original },
    });
    await heal(bed);
  },
} satisfies Fault;
