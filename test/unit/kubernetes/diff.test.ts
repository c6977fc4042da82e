import { expect, test } from 'vitest';
import { diffObjects, type KubeObject } from '../../../src/kubernetes/index.ts';

const object = (kind: string, rest: object): KubeObject => ({ apiVersion: 'v1', kind, ...rest });

test('changed paths read as before and after, named things by their names', () => {
  const container = (name: string, image: string) => ({ name, image });
  const before = object('Deployment', {
    metadata: { labels: { 'app.kubernetes.io/name': 'a', tier: 'x' } },
    spec: { replicas: 1, containers: [container('a', 'a:1'), container('b', 'b:1')], args: ['1'] },
  });
  const after = object('Deployment', {
    metadata: { labels: { 'app.kubernetes.io/name': 'b' } },
    spec: { replicas: 2, containers: [container('b', 'b:2'), container('a', 'a:1')], args: ['1', '2'] },
  });
  expect(diffObjects(before, after)).toEqual([
    'metadata.labels[app.kubernetes.io/name]: a → b',
    'metadata.labels.tier: x → (unset)',
    'spec.replicas: 1 → 2',
    'spec.containers[b].image: b:1 → b:2',
    'spec.args[1]: (unset) → 2',
  ]);
});

test('what servers and istiod set is no difference', () => {
  const webhook = (caBundle: string, failurePolicy: string) => [
    { name: 'w', clientConfig: { caBundle }, failurePolicy },
  ];
  const before = object('ValidatingWebhookConfiguration', {
    metadata: { resourceVersion: '1', generation: 1, managedFields: [{ manager: 'a' }] },
    webhooks: webhook('', 'Ignore'),
    status: { a: 1 },
  });
  const after = object('ValidatingWebhookConfiguration', {
    metadata: { resourceVersion: '2', generation: 2, managedFields: [] },
    webhooks: webhook('abc', 'Fail'),
  });
  expect(diffObjects(before, after)).toEqual([]);
});

test('a secret’s values are never shown', () => {
  const before = object('Secret', { data: { 'ca-key.pem': 'planted1', old: 'planted2', same: 'planted3' } });
  const after = object('Secret', { data: { 'ca-key.pem': 'planted4', new: 'planted5', same: 'planted3' } });
  expect(diffObjects(before, after)).toEqual([
    'data[ca-key.pem]: changed',
    'data.old: removed',
    'data.new: added',
  ]);
  expect(diffObjects(object('Secret', {}), after).join()).not.toContain('planted');
});

test('long texts show their changed lines', () => {
  const text = (port: number) => ({ data: { mesh: `a: 1\nport: ${port}\nb: 2\n` } });
  expect(diffObjects(object('ConfigMap', text(1)), object('ConfigMap', text(2)))).toEqual([
    'data.mesh: - port: 1',
    'data.mesh: + port: 2',
  ]);
});
