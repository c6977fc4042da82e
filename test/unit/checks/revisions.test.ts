import { describe, expect, it } from 'vitest';
import { noIstiod, readiness } from '../../../src/checks/istiod/istiod.ts';
import { injectorOf, wantedRevision } from '../../../src/checks/istiod/parts/injector.ts';
import { deployment } from './objects.ts';

const cluster = { spec: { name: 'eks-1' } } as Parameters<typeof readiness>[0];
const labels = (revision: string) => ({ app: 'istiod', 'istio.io/rev': revision });
const of = (revision: string, { namespace = 'istio-system', replicas = 2, readyReplicas = 0 } = {}) =>
  deployment({
    metadata: {
      namespace,
      name: revision === 'default' ? 'istiod' : `istiod-${revision}`,
      labels: labels(revision),
    },
    spec: { replicas },
    status: { readyReplicas },
  });
const pod = (revision: string, ready = true) => ({ ready, labels: labels(revision) });

describe('istiods of several revisions', () => {
  it('are all ready if each has a pod that is', () => {
    const found = readiness(cluster, [of('default'), of('canary')], [pod('default'), pod('canary')]);
    expect(found).toEqual({ failures: [], warnings: [] });
  });

  it('are not ready because another is', () => {
    const pods = [pod('default'), pod('canary', false)];
    expect(readiness(cluster, [of('default'), of('canary')], pods)).toMatchObject({
      failures: [
        {
          cluster: 'eks-1',
          object: 'Deployment istio-system/istiod-canary',
          message: 'has none of its 2 replicas ready',
        },
      ],
      warnings: [],
    });
  });

  it('may be scaled down beside one that serves, which is said, and not alone', () => {
    const idle = of('canary', { replicas: 0 });
    const message = 'is scaled to 0 replicas';
    expect(readiness(cluster, [of('default'), idle], [pod('default')])).toMatchObject({
      failures: [],
      warnings: [{ object: 'Deployment istio-system/istiod-canary', message }],
    });
    expect(readiness(cluster, [idle], [])).toMatchObject({ failures: [{ message }] });
  });

  it('in another namespace than the file says are none of the mesh’s, and are named', () => {
    expect(noIstiod(cluster, [])).toEqual({
      cluster: 'eks-1',
      message: 'has no istiod Deployment in namespace istio-system',
    });
    expect(noIstiod(cluster, [of('default', { namespace: 'mesh-system' })])).toMatchObject({
      object: 'Deployment mesh-system/istiod',
      message: 'has no istiod Deployment in namespace istio-system, but one in mesh-system',
      fix: { withFile: expect.stringContaining('istioNamespace: mesh-system') },
    });
  });
});

describe('the webhook of a namespace', () => {
  const namespace = (asks: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop', labels: asks },
  });
  const hook = (name: string, marks: Record<string, string>) => ({
    apiVersion: 'admissionregistration.k8s.io/v1' as const,
    kind: 'MutatingWebhookConfiguration' as const,
    metadata: { name, labels: marks },
  });
  const hooks = [
    hook('istio-sidecar-injector', { 'istio.io/rev': 'default' }),
    hook('istio-sidecar-injector-canary', { 'istio.io/rev': 'canary' }),
    hook('istio-revision-tag-prod', { 'istio.io/rev': 'canary', 'istio.io/tag': 'prod' }),
  ];
  const nameOf = (wanted: string) => injectorOf(hooks, wanted)?.metadata?.name;

  it('is that of the revision or tag in its label, which istio-injection goes before', () => {
    expect(wantedRevision(namespace({ 'istio.io/rev': 'prod' }))).toBe('prod');
    expect(wantedRevision(namespace({ 'istio.io/rev': 'prod', 'istio-injection': 'enabled' }))).toBe(
      'default',
    );
    expect(['default', 'canary', 'prod', 'gone'].map(nameOf)).toEqual([
      'istio-sidecar-injector',
      'istio-sidecar-injector-canary',
      'istio-revision-tag-prod',
      undefined,
    ]);
  });

  it('is a tag’s where default is a tag', () => {
    const tag = hook('istio-revision-tag-default', { 'istio.io/rev': 'canary', 'istio.io/tag': 'default' });
    expect(injectorOf([...hooks, tag], 'default')).toBe(tag);
  });
});
