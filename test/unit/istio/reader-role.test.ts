import { describe, expect, it } from 'vitest';
import { readerNotes, readerRights } from '../../../src/istio/index.ts';
import { withLeastReader } from '../../../src/istio/install/reader-role.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { clusterSpec, topologyOf } from './fixtures.ts';

const role = (name: string): KubeObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name },
  rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
});
const charted = [role('istiod-clusterrole-istio-system'), role('istio-reader-clusterrole-istio-system')];

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}
const rulesOf = (object: KubeObject | undefined) => (object?.['rules'] ?? []) as readonly Rule[];

describe('the role of remote readers', () => {
  const [istiod, reader, ...more] = withLeastReader(charted, clusterSpec('a', 0));

  it('is brought down, and no other is touched', () => {
    expect(istiod).toEqual(charted[0]);
    expect(rulesOf(reader).flatMap(({ resources }) => resources)).not.toContain('*');
  });

  it('writes nothing and reviews nothing', () => {
    const verbs = [reader, ...more].flatMap(rulesOf).flatMap(({ verbs: some }) => some);
    expect([...new Set(verbs)].sort()).toEqual(['get', 'list', 'watch']);
  });

  it('reads one ConfigMap, in istio-system', () => {
    expect(rulesOf(reader).flatMap(({ resources }) => resources)).not.toContain('configmaps');
    expect(more.map(({ kind, metadata }) => `${kind} ${metadata?.namespace}`)).toEqual([
      'Role istio-system',
      'RoleBinding istio-system',
    ]);
    expect(rulesOf(more[0])).toMatchObject([{ resources: ['configmaps'], resourceNames: ['istio'] }]);
  });

  it('grants what a new token is tried for', () => {
    const granted = [reader, ...more]
      .flatMap(rulesOf)
      .flatMap(({ apiGroups, resources }) =>
        apiGroups.flatMap((group) => resources.map((resource) => `${group}/${resource}`)),
      );
    expect(
      readerRights('istio-system')
        .map(({ group, resource }) => `${group}/${resource}`)
        .sort(),
    ).toEqual(granted.sort());
  });

  it('is told of by plan where clusters read each other', () => {
    expect(readerNotes(topologyOf(['a']))).toEqual([]);
    expect(readerNotes(topologyOf(['a', 'b']))).toEqual([expect.stringContaining('every Secret')]);
  });
});
