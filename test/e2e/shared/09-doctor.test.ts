import { describe, expect, it } from 'vitest';
import type { CheckReport } from '../bed.ts';
import { problemsOf, sharedBed } from '../bed.ts';

const bed = sharedBed();

const doctor = async (...args: string[]) => {
  const ran = await bed.isthmus(['doctor', '-o', 'json', ...args]);
  return { ...ran, ...(JSON.parse(ran.stdout) as CheckReport) };
};

describe('doctor', () => {
  it('finds nothing wrong with a healthy mesh', async () => {
    const healthy = await doctor();
    expect(healthy.results.filter(({ outcome }) => ['fail', 'blocked'].includes(outcome.status))).toEqual([]);
    expect(healthy.exitCode).toBe(0);
  });

  it('stops at the first broken link, names it, and marks what follows as blocked', async () => {
    const label = 'topology.istio.io/network';
    await bed.ok('eks-2', ['-n', 'istio-ingress', 'label', 'svc', 'istio-eastwestgateway', `${label}-`]);
    try {
      const sick = await doctor();
      expect(sick.exitCode).toBe(1);
      const failed = sick.results.filter(({ outcome }) => outcome.status === 'fail');
      const text = JSON.stringify(failed.flatMap(({ outcome }) => problemsOf(outcome)));
      expect(text).toContain('eks-2');
      expect(text).toContain('istio-eastwestgateway');
      const traffic = sick.results.filter(({ id }) => id === 'traffic');
      expect(traffic.length).toBeGreaterThan(0);
      for (const { outcome } of traffic) expect(outcome.status).toBe('blocked');
    } finally {
      await bed.ok('eks-2', [
        '-n',
        'istio-ingress',
        'label',
        'svc',
        'istio-eastwestgateway',
        `${label}=network2`,
      ]);
    }
  });

  it('reads any mesh by kubeconfig contexts alone', async () => {
    const found = await doctor('--context', 'eks-1', '--context', 'eks-2');
    expect(found.results.filter(({ outcome }) => ['fail', 'blocked'].includes(outcome.status))).toEqual([]);
    expect(found.exitCode).toBe(0);
  });
});
