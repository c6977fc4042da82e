import { describe, expect, it } from 'vitest';
import { contentOf, editedFields, inverseOf, leavesOf } from '../../../src/drills/frame/change.ts';

const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const before = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { replicas: 3 },
};

describe('a patch of a drill', () => {
  it('is taken back field by field; what was not there is removed', () => {
    const set = { spec: { replicas: 0 }, metadata: { labels: { 'istio.io/draining': 'true' } } };
    expect(inverseOf(set, before)).toEqual({
      spec: { replicas: 3 },
      metadata: { labels: { 'istio.io/draining': null } },
    });
  });

  it('takes a list as one field', () => {
    expect(leavesOf({ spec: { hosts: ['a', 'b'] } })).toEqual([
      { path: ['spec', 'hosts'], value: ['a', 'b'] },
    ]);
  });

  it.each([
    ['as the drill set it', 0, []],
    ['as it was before', 3, []],
    ['as somebody else set it', 5, ['spec.replicas is 5']],
  ])('tells a field %s', (_, replicas, edited) => {
    const step = { kind: 'patch', ref, set: { spec: { replicas: 0 } }, before } as const;
    expect(editedFields(step, { ...before, spec: { replicas } })).toEqual(edited);
  });

  it('keeps of an object what people wrote', () => {
    const live = {
      ...before,
      metadata: { ...before.metadata, managedFields: [{}] },
      status: { replicas: 3 },
    };
    expect(contentOf(live)).toEqual(before);
  });
});
