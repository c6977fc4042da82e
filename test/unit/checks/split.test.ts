import { describe, expect, it } from 'vitest';
import { countAnswers } from '../../../src/checks/traffic/parts/answer-counts.ts';
import { binomialP, requestsToSee } from '../../../src/checks/traffic/parts/binomial.ts';
import { judgeSplit, requestsNeeded } from '../../../src/checks/traffic/parts/split-verdict.ts';
import type { ClusterFacts } from '../../../src/istio/index.ts';

describe('the exact binomial test', () => {
  // Sums of exact fractions, as R's binom.test gives them.
  it.each([
    { hits: 5, n: 10, share: 0.5, p: 1 },
    { hits: 0, n: 10, share: 0.5, p: 0.001953125 },
    { hits: 2, n: 10, share: 0.5, p: 0.109375 },
    { hits: 30, n: 60, share: 0.5, p: 1 },
    { hits: 7, n: 20, share: 0.3, p: 0.629498 },
    { hits: 682, n: 925, share: 0.75, p: 0.3824916 },
  ])('of $hits hits in $n at $share is $p', ({ hits, n, share, p }) =>
    expect(binomialP(hits, n, share)).toBeCloseTo(p, 5),
  );

  it.each([
    { hits: 3, n: 3, share: 1, p: 1 },
    { hits: 2, n: 3, share: 1, p: 0 },
    { hits: 0, n: 3, share: 0, p: 1 },
    { hits: 1, n: 3, share: 0, p: 0 },
  ])('knows certainty: $hits of $n at $share is $p', ({ hits, n, share, p }) =>
    expect(binomialP(hits, n, share)).toBe(p),
  );

  it('knows how many requests it takes to see a share', () => {
    expect(requestsToSee(0.5, 0.001)).toBe(10);
    expect(requestsToSee(1, 0.001)).toBe(1);
    expect((1 - 0.1) ** requestsToSee(0.1, 0.001)).toBeLessThanOrEqual(0.001);
  });
});

const half = { 'eks-1': 0.5, 'eks-2': 0.5 };

describe('the split', () => {
  it.each([
    ['even', { 'eks-1': 30, 'eks-2': 30 }, half],
    ['within chance', { 'eks-1': 40, 'eks-2': 20 }, half],
    ['weighted', { 'eks-1': 45, 'eks-2': 15 }, { 'eks-1': 0.75, 'eks-2': 0.25 }],
    ['a part that is lost before any pod', { 'eks-1': 30, 'eks-2': 30 }, { 'eks-1': 0.35, 'eks-2': 0.35 }],
    ['all to one, as expected', { 'eks-2': 60 }, { 'eks-2': 1 }],
  ])('%s passes', (_name, answers, shares) => {
    expect(judgeSplit({ answers, unknownPods: 0, shares })).toEqual({
      findings: [],
      inconclusive: undefined,
    });
  });

  it.each([
    [
      'one that never answers',
      { answers: { 'eks-1': 60 }, shares: half, clusters: ['eks-2'], words: 'did not answer once' },
    ],
    [
      'the wrong weight',
      { answers: { 'eks-1': 45, 'eks-2': 15 }, shares: half, clusters: ['eks-2'], words: 'instead of 50 %' },
    ],
    [
      'an unexpected one',
      {
        answers: { 'eks-1': 59, 'eks-2': 1 },
        shares: { 'eks-1': 1 },
        clusters: ['eks-1', 'eks-2'],
        words: 'should get no request',
      },
    ],
  ])('%s fails and is named', (_title, { answers, shares, clusters, words }) => {
    const { findings } = judgeSplit({ answers, unknownPods: 0, shares });
    expect(findings.map(({ cluster }) => cluster)).toEqual(clusters);
    expect(findings.map(({ message }) => message).join()).toContain(words);
  });

  it('answers of unknown pods fail', () => {
    const { findings } = judgeSplit({ answers: { 'eks-1': 30, 'eks-2': 29 }, unknownPods: 1, shares: half });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.message).toContain('no cluster of the mesh has');
  });

  it.each([[{}], [{ 'eks-1': 4, 'eks-2': 4 }]])('too few answers are inconclusive: %j', (answers) => {
    expect(judgeSplit({ answers, unknownPods: 0, shares: half }).inconclusive).toContain('too few');
  });

  it('no expectation at all is inconclusive, never a pass', () => {
    expect(judgeSplit({ answers: {}, unknownPods: 0, shares: {} }).inconclusive).toContain('too few');
  });

  it('is wrong about a right split less often than stated', () => {
    // Every possible outcome of 60 requests at one half, weighed by its probability.
    let wrong = 0;
    let probability = 0.5 ** 60;
    for (let hits = 0; hits <= 60; hits += 1) {
      const { findings } = judgeSplit({
        answers: { 'eks-1': hits, 'eks-2': 60 - hits },
        unknownPods: 0,
        shares: half,
      });
      if (findings.length > 0) wrong += probability;
      probability *= (60 - hits) / (hits + 1);
    }
    expect(wrong).toBeGreaterThan(0);
    expect(wrong).toBeLessThan(0.001);
  });

  it('asks for more requests when a share is small', () => {
    expect(requestsNeeded(half)).toBe(11);
    expect(requestsNeeded({ a: 0.95, b: 0.05 })).toBe(149);
  });
});

it('hits are counted by version, instance and cluster, failures by kind', () => {
  const pods = (cluster: string, ...names: string[]): ClusterFacts => ({
    cluster,
    network: cluster,
    ipFamily: 'ipv4',
    gateways: [],
    endpoints: names.map((pod) => ({
      address: '10.0.0.1',
      port: 5000,
      ready: true,
      pod,
      locality: '',
      mtls: true,
    })),
  });
  const answer = (version: string, instance: string, status = 200) => ({
    version,
    instance,
    status,
    durationMs: 1,
  });
  const hits = countAnswers(
    {
      from: 'sleep-1',
      answers: [
        answer('v1', 'one'),
        answer('v2', 'two'),
        answer('v2', 'two'),
        answer('v2', 'ghost'),
        answer('', '', 503),
      ],
      failures: [{ message: 'timed out' }],
    },
    [pods('eks-1', 'one'), pods('eks-2', 'two')],
  );
  expect(hits).toEqual({
    byVersion: { v1: 1, v2: 3 },
    byInstance: { ghost: 1, one: 1, two: 2 },
    byCluster: { 'eks-1': 1, 'eks-2': 2 },
    unknownPods: ['ghost'],
    unknownAnswers: 1,
    good: 4,
    medianMs: 1,
    medianMsByCluster: { 'eks-1': 1, 'eks-2': 1 },
    slowestMs: 1,
    failures: { 'HTTP 503': 1, 'timed out': 1 },
    failed: 2,
  });
});
