import { describe, expect, it } from 'vitest';
import { rotationState } from '../../../src/dashboard/collect/rotation-state.ts';
import type { Json } from '../../../src/dashboard/state/panels.ts';
import type { TrustView } from '../../../src/report/index.ts';

const [old, next] = ['aa'.repeat(32), 'bb'.repeat(32)];
const made: Readonly<Record<string, string>> = {
  [old]: '2025-01-01T00:00:00.000Z',
  [next]: '2026-01-01T00:00:00.000Z',
};

const view = (cluster: string, signer: string | undefined, roots: readonly string[]): Json<TrustView> => ({
  cluster,
  source: 'Secret istio-system/cacerts',
  signer,
  roots: roots.map((fingerprint) => ({
    subject: 'CN=Root CA',
    fingerprint,
    notBefore: made[fingerprint] ?? '',
    notAfter: '2036-01-01T00:00:00.000Z',
  })),
  intermediate: undefined,
  leaves: [],
  proxies: 0,
});

describe('where a mesh stands on the way to a new root', () => {
  it('is not known before any root was seen', () => {
    expect(rotationState([])).toBeUndefined();
    expect(rotationState([view('a', undefined, [])])).toBeUndefined();
  });

  it('is at rest with one root, whatever number of clusters has it', () => {
    const at = rotationState([view('a', old, [old]), view('b', old, [old])]);
    expect(at).toEqual({ phase: 'at rest', target: old, clusters: {}, lagging: [] });
  });

  const lagged = [
    {
      phase: 'trust-both',
      views: [view('a', old, [old, next]), view('b', old, [old])],
      clusters: { a: 'both', b: 'old' },
    },
    {
      phase: 'sign-new',
      views: [view('a', next, [old, next]), view('b', old, [next, old])],
      clusters: { a: 'signing', b: 'both' },
    },
    {
      phase: 'drop-old',
      views: [view('a', next, [next]), view('b', next, [old, next])],
      clusters: { a: 'new', b: 'signing' },
    },
  ];
  it.each(lagged)('is $phase while a cluster lags', ({ phase, views, clusters }) => {
    expect(rotationState(views)).toEqual({ phase, target: next, clusters, lagging: ['b'] });
  });

  it('leads to the root that was made last, also where the older one is read last', () => {
    expect(rotationState([view('a', next, [next, old]), view('b', old, [old])])?.target).toBe(next);
  });

  it('says nothing of a cluster of which no root was seen', () => {
    const at = rotationState([view('a', old, [old, next]), view('b', undefined, [])]);
    expect(at).toMatchObject({ phase: 'sign-new', clusters: { a: 'both' }, lagging: ['a'] });
  });
});
