import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FreshRead } from '../../../src/checks/facts/fresh-read.ts';
import { runChecks, selectChecks } from '../../../src/checks/index.ts';
import { FakeMesh } from '../../fakes/mesh.ts';

describe('FreshRead', () => {
  it('gives nobody what was begun before the question, and shares what is begun after', async () => {
    let begun = 0;
    const finish: ((value: number) => void)[] = [];
    const read = new FreshRead(() => {
      begun += 1;
      return new Promise<number>((resolve) => finish.push(resolve));
    });
    const first = read.get();
    const later = [read.get(), read.get(), read.get()];
    expect(begun).toBe(1);
    finish[0]?.(1);
    expect(await first).toBe(1);
    finish[1]?.(2);
    expect(await Promise.all(later)).toEqual([2, 2, 2]);
    expect(begun).toBe(2);
    const last = read.get();
    finish[2]?.(3);
    expect(await last).toBe(3);
  });

  it('reads anew after a failure, which only those who waited for it hear of', async () => {
    const answers = [Promise.reject(new Error('away')), Promise.resolve('there')];
    const read = new FreshRead(() => answers.shift() ?? Promise.reject(new Error('asked too often')));
    const [first, second] = [read.get(), read.get()];
    await expect(first).rejects.toThrow('away');
    expect(await second).toBe('there');
  });

  it('gives what was read last, or is being read, to whom a recent answer will do', async () => {
    let begun = 0;
    const read = new FreshRead(() => Promise.resolve(++begun));
    expect(await Promise.all([read.get('recent'), read.get('recent')])).toEqual([1, 1]);
    expect(await read.get('recent')).toBe(1);
    expect(await read.get('now')).toBe(2);
    expect(await read.get('recent')).toBe(2);
  });
});

describe('looks of all clusters together', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  let mesh: FakeMesh;
  beforeAll(async () => {
    mesh = await FakeMesh.healthy(names);
  }, 60_000);
  afterAll(() => mesh.close());

  it.each([
    ['sync', 1],
    ['shards', 1],
    // Once for all before they ask, and after, when each has its answers by itself.
    ['traffic', 1 + names.length],
  ])('%s reads each cluster’s endpoints at most %i times', async (id, times) => {
    mesh.forgetRequests();
    const results = await runChecks({ checks: selectChecks([id]), context: await mesh.context() });
    expect(results.map(({ outcome }) => outcome.status)).toEqual(names.map(() => 'pass'));
    const reads = mesh.members.map(
      ({ server }) => server.seen.filter(({ url }) => url.includes('/endpointslices?')).length,
    );
    for (const count of reads) expect(count).toBeLessThanOrEqual(times);
  });
});

describe('a mesh of many clusters', () => {
  const names = Array.from({ length: 12 }, (_, at) => `eks-${at + 1}`);
  let mesh: FakeMesh;
  beforeAll(async () => {
    mesh = await FakeMesh.healthy(names);
  }, 60_000);
  afterAll(() => mesh.close());

  const requestsOf = async (id: string) => {
    mesh.forgetRequests();
    const results = await runChecks({ checks: selectChecks([id]), context: await mesh.context() });
    expect(new Set(results.map(({ outcome }) => outcome.status))).toEqual(new Set(['pass']));
    return mesh.members.map(({ server }) => server.seen.map(({ url }) => url));
  };

  it('probes all gateways by one command in each cluster, and asks each for its gateways once', async () => {
    for (const urls of await requestsOf('reach')) {
      expect(urls.filter((url) => url.includes('/exec?'))).toHaveLength(1);
      expect(urls.filter((url) => url.startsWith('/api/v1/services?')).length).toBeLessThanOrEqual(2);
      expect(urls.filter((url) => url.includes('/services/helloworld'))).toHaveLength(1);
    }
  });

  it('asks each cluster for its Services once to judge failover', async () => {
    for (const urls of await requestsOf('failover'))
      expect(urls.filter((url) => url.includes('/services?')).length).toBeLessThanOrEqual(2);
  });

  it.each(['sync', 'traffic'])('%s asks each cluster for its gateways once', async (id) => {
    for (const urls of await requestsOf(id))
      expect(urls.filter((url) => url.startsWith('/api/v1/services?')).length).toBeLessThanOrEqual(2);
  });
});
