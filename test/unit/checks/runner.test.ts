import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Check, defineCheck } from '../../../src/checks/engine/check.ts';
import { eachCluster } from '../../../src/checks/engine/each-cluster.ts';
import { isPodRollingOut } from '../../../src/checks/engine/rollout.ts';
import { runChecks } from '../../../src/checks/index.ts';
import { IsthmusError } from '../../../src/errors/index.ts';
import { ApiError } from '../../../src/kubernetes/index.ts';
import type { MeshCluster } from '../../../src/provider/index.ts';
import {
  exitCodeOfResults,
  type Finding,
  fail,
  type Outcome,
  pass,
  recordingReporter,
  warn,
} from '../../../src/report/index.ts';
import type { Topology } from '../../../src/topology/index.ts';
import { pod } from './objects.ts';

const cluster = (name: string) => ({ spec: { name } }) as MeshCluster;
const names = ['eks-1', 'eks-2', 'eks-3'];

function context(clusters = names) {
  const reporter = recordingReporter();
  return {
    topology: { clusters: [] as readonly unknown[] } as Topology,
    clusters: clusters.map(cluster),
    loadBalancers: async () => [],
    reporter,
    signal: new AbortController().signal,
  };
}

const texts = {
  title: 'is so',
  severity: 'error',
  cause: 'c',
  inspect: ['l'],
  fix: 'mend it',
  timeoutMs: 1000,
} as const;

const perCluster = (
  id: string,
  run: (name: string) => Outcome<Finding> | Promise<Outcome<Finding>>,
  more: Partial<Check> = {},
) =>
  defineCheck<'cluster'>({
    id,
    ...texts,
    needs: [],
    ...(more as object),
    scope: 'cluster',
    run: async (_context, { spec }) => run(spec.name),
  });

const ofMesh = (id: string, needs: string[], run: () => Promise<Outcome<Finding>>) =>
  defineCheck({ id, ...texts, needs, scope: 'mesh', run });

const bad = (text = 'no'): Outcome<Finding> => fail(text, [{ message: text }]);
const words = (results: Awaited<ReturnType<typeof runChecks>>) =>
  results.map(({ id, subject, outcome }) =>
    [id, subject ?? 'mesh', outcome.status, 'by' in outcome ? outcome.by : ''].join(' ').trim(),
  );

describe('each check and subject', () => {
  it('appears exactly once, whatever fails, throws, hangs or is blocked', async () => {
    const checks: Check[] = [
      perCluster('a', (name) => {
        if (name === 'eks-2')
          throw new IsthmusError('CLUSTER_UNREACHABLE', 'no answer', { hint: 'start it' });
        return pass('fine');
      }),
      perCluster('b', () => pass('fine'), { needs: ['a'] }),
      defineCheck({ id: 'c', ...texts, needs: ['b'], scope: 'pair', run: async () => pass('fine') }),
      ofMesh('d', ['a'], async () => pass('fine')),
      ofMesh('e', ['not-selected'], async () => bad()),
    ];
    const results = await runChecks({ checks, context: context() });
    expect(words(results)).toEqual([
      'a eks-1 pass',
      'a eks-2 fail',
      'a eks-3 pass',
      'b eks-1 pass',
      'b eks-2 blocked a (eks-2)',
      'b eks-3 pass',
      'c eks-1 → eks-2 blocked a (eks-2)',
      'c eks-1 → eks-3 pass',
      'c eks-2 → eks-1 blocked a (eks-2)',
      'c eks-2 → eks-3 blocked a (eks-2)',
      'c eks-3 → eks-1 pass',
      'c eks-3 → eks-2 blocked a (eks-2)',
      'd mesh blocked a (eks-2)',
      'e mesh fail',
    ]);
    expect(exitCodeOfResults(results)).toBe(1);
  });

  it('is blocked by any cluster when it reads them all', async () => {
    const a = perCluster('a', (name) => (name === 'eks-3' ? bad() : pass('fine')));
    const b = perCluster('b', () => pass('fine'), { needs: ['a'], readsEveryCluster: true });
    const results = await runChecks({ checks: [a, b], context: context() });
    expect(words(results).slice(3)).toEqual(names.map((name) => `b ${name} blocked a (eks-3)`));
  });

  it('waits for what it needs even if that is listed later', async () => {
    const order: string[] = [];
    const late = ofMesh('late', [], async () => pass(`${order.push('late')}`));
    const early = ofMesh('early', ['late'], async () => pass(`${order.push('early')}`));
    await runChecks({ checks: [early, late], context: context() });
    expect(order).toEqual(['late', 'early']);
  });

  it('runs beside independent ones', async () => {
    let meet: (() => void) | undefined;
    const met = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const waits = ofMesh('waits', [], () => met.then(() => pass('met')));
    const opens = ofMesh('opens', [], async () => {
      meet?.();
      return pass('met');
    });
    expect(words(await runChecks({ checks: [waits, opens], context: context() }))).toEqual([
      'waits mesh pass',
      'opens mesh pass',
    ]);
  });
});

describe('what is not known', () => {
  it('is a fail with the thrown error as evidence and its hint as fix', async () => {
    const check = perCluster('a', () => {
      throw new IsthmusError('CLUSTER_UNREACHABLE', 'no answer from 10.0.0.1', { hint: 'start it' });
    });
    const [result] = await runChecks({ checks: [check], context: context(['eks-1']) });
    expect(result?.outcome).toEqual({
      status: 'fail',
      detail: 'could not look: no answer from 10.0.0.1',
      evidence: [],
      problems: [
        {
          message: 'no answer from 10.0.0.1',
          cluster: 'eks-1',
          evidence: 'CLUSTER_UNREACHABLE',
          fix: 'start it',
        },
      ],
    });
  });

  it('is a fail when the time of the check is over, also if it ignores its signal', async () => {
    const hangs = defineCheck({
      id: 'hangs',
      ...texts,
      timeoutMs: 30,
      needs: [],
      scope: 'mesh',
      run: () => new Promise<Outcome>(() => {}),
    });
    const [result] = await runChecks({ checks: [hangs], context: context() });
    expect(result?.outcome).toMatchObject({
      status: 'fail',
      detail: 'could not look: no answer within 0.03 s',
    });
  });

  it('is thrown on when the user interrupts', async () => {
    const abort = new AbortController();
    const check = ofMesh('a', [], async () => {
      abort.abort();
      throw new Error('aborted');
    });
    const run = runChecks({ checks: [check], context: context(), signal: abort.signal });
    await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});

it('a warning check never fails and every problem says what to do', async () => {
  const check = { ...ofMesh('a', [], async () => bad()), severity: 'warning' as const };
  const results = await runChecks({ checks: [check], context: context() });
  expect(results[0]?.outcome).toEqual(warn('no', [{ message: 'no', fix: 'mend it' }]));
  expect(exitCodeOfResults(results)).toBe(0);
});

describe('a look at very many clusters', () => {
  const many = Array.from({ length: 20 }, (_, at) => `c-${at}`);

  it('reads sixteen of them at a time', async () => {
    let [now, most] = [0, 0];
    const seen = await eachCluster(many.map(cluster), async ({ spec }) => {
      most = Math.max(most, ++now);
      await delay(1);
      now -= 1;
      return spec.name;
    });
    expect(seen).toEqual(many);
    expect(most).toBe(16);
  });

  const slow = async () => {
    await delay(800);
    return pass('seen');
  };
  const statusOf = async (check: Check, clusters: readonly string[]) => {
    const [result] = await runChecks({ checks: [check], context: context([...clusters]) });
    return result?.outcome.status;
  };

  it('has its time for each sixteen that it reads', async () => {
    const whole = { ...ofMesh('whole', [], slow), timeoutMs: 500 };
    expect(await statusOf(whole, names)).toBe('fail');
    expect(await statusOf(whole, many)).toBe('pass');
    const single = perCluster('single', slow, { timeoutMs: 500 });
    expect(await statusOf(single, many)).toBe('fail');
    expect(await statusOf({ ...single, readsEveryCluster: true }, many)).toBe('pass');
  });
});

describe('waiting', () => {
  it('looks again only at what is not true yet, until it is', async () => {
    let good = 0;
    let slow = 0;
    const checks = [
      ofMesh('good', [], async () => pass(`${++good}`)),
      ofMesh('slow', [], async () => (++slow < 3 ? bad(`try ${slow}`) : pass('fine'))),
      ofMesh('after', ['slow'], async () => pass('fine')),
    ];
    const results = await runChecks({ checks, context: context(), wait: 20_000 });
    expect(words(results)).toEqual(['good mesh pass', 'slow mesh pass', 'after mesh pass']);
    expect([good, slow]).toEqual([1, 3]);
  });

  it('gives the last results when the time is up', async () => {
    let tries = 0;
    const check = ofMesh('a', [], async () => bad(`try ${++tries}`));
    const results = await runChecks({ checks: [check], context: context(), wait: 700 });
    expect(results[0]?.outcome).toMatchObject({ status: 'fail', detail: `try ${tries}` });
    expect(tries).toBeGreaterThan(1);
  });
});

it('starts and results are told as they come', async () => {
  const surroundings = context(['eks-1']);
  await runChecks({ checks: [perCluster('a', () => pass('fine'))], context: surroundings });
  expect(surroundings.reporter.events.map(({ type }) => type)).toEqual(['check-start', 'check-result']);
});

it('checks that need each other are a defect', async () => {
  const checks = [ofMesh('a', ['b'], async () => pass('')), ofMesh('b', ['a'], async () => pass(''))];
  await expect(runChecks({ checks, context: context() })).rejects.toMatchObject({ code: 'BUG' });
});

describe('a failure while pods come and go', () => {
  const now = Date.now();
  const movingPod = (age: number, ready: boolean, changed = age) =>
    pod({
      metadata: { creationTimestamp: new Date(now - age * 1000) },
      status: {
        conditions: [
          {
            type: 'Ready',
            status: ready ? 'True' : 'False',
            lastTransitionTime: new Date(now - changed * 1000).toISOString(),
          },
        ],
      },
    });
  const moving = {
    settled: movingPod(600, true),
    starting: movingPod(5, false),
    justReady: movingPod(20, true, 1),
    broken: movingPod(600, false),
  };

  it('knows pods that move from those that stay or are broken', () => {
    const which = Object.entries(moving).filter(([, one]) => isPodRollingOut(one, now));
    expect(which.map(([name]) => name)).toEqual(['starting', 'justReady']);
    const going = { metadata: { deletionTimestamp: new Date(now + 10_000) } };
    const stuck = { metadata: { deletionTimestamp: new Date(now - 60_000) } };
    expect([isPodRollingOut(going, now), isPodRollingOut(stuck, now)]).toEqual([true, false]);
  });

  it('counts as moving what became ready just before a look began, not before it ended', () => {
    const ready = movingPod(60, true, 5);
    expect([isPodRollingOut(ready, now), isPodRollingOut(ready, now - 3_000)]).toEqual([false, true]);
  });

  it('gives the proxies of a former istiod time to come to the new one', () => {
    const istiod = (changed: number) => ({
      ...movingPod(60, true, changed),
      metadata: { labels: { app: 'istiod' }, creationTimestamp: new Date(now - 60_000) },
    });
    expect([10, 20].map((changed) => isPodRollingOut(istiod(changed), now))).toEqual([true, false]);
  });

  const looksUntilGood = async (pods: object[], retryWhileRollingOut: boolean, failure = bad) => {
    let looks = 0;
    const kube = { list: async () => pods } as unknown as MeshCluster['kube'];
    const check = perCluster('a', () => (++looks < 3 ? failure() : pass('fine')), { retryWhileRollingOut });
    const moved = { ...context(['eks-1']), clusters: [{ ...cluster('eks-1'), kube }] };
    const [result] = await runChecks({ checks: [check], context: moved });
    return [looks, result?.outcome.status];
  };

  it('is looked at again if the check settles, and only then', async () => {
    expect(await looksUntilGood([moving.starting], true)).toEqual([3, 'pass']);
    expect(await looksUntilGood([moving.starting], false)).toEqual([1, 'fail']);
  });

  it('stands at once where all of it was made sure of, whatever moves', async () => {
    const sure = { message: 'closed', isLasting: true };
    const failing = (...problems: Finding[]) => fail('closed', problems);
    const looks = (...problems: Finding[]) =>
      looksUntilGood([moving.starting], true, () => failing(...problems));
    expect(await looks(sure)).toEqual([1, 'fail']);
    expect(await looks(sure, { message: 'not ready' })).toEqual([3, 'pass']);
  });

  it('has a second look in any case where the first could not look', async () => {
    let looks = 0;
    const throwing = () => {
      looks += 1;
      throw new IsthmusError('TIMED_OUT', 'no answer', { hint: 'wait' });
    };
    const check = perCluster('a', throwing, { retryWhileRollingOut: true });
    const [result] = await runChecks({ checks: [check], context: context(['eks-1']) });
    expect([looks, result?.outcome.status]).toEqual([2, 'fail']);
  });

  it('has a second look, with fresh facts, where what it asked had just gone', async () => {
    let looks = 0;
    const vanished = () => {
      if (++looks > 1) return pass('fine');
      const refusal = { status: 404, reason: 'NotFound', message: 'pods "a" not found' };
      throw new ApiError('pods "a" not found', refusal, undefined);
    };
    const [result] = await runChecks({ checks: [perCluster('a', vanished)], context: context(['eks-1']) });
    expect([looks, result?.outcome.status]).toEqual([2, 'pass']);
  });

  it('is no finding where the look that saw it began while something still moved', async () => {
    let looks = 0;
    const kube = {
      list: async () => [movingPod(60, true, (now - began) / 1000 + 2.5)],
    } as unknown as MeshCluster['kube'];
    const began = Date.now();
    const slow = async () => {
      if (++looks > 1) return pass('fine');
      // At its end nothing moves any more, but this look is from before.
      await new Promise((resolve) => setTimeout(resolve, 700));
      return bad();
    };
    const check = perCluster('a', slow, { retryWhileRollingOut: true });
    const moved = { ...context(['eks-1']), clusters: [{ ...cluster('eks-1'), kube }] };
    const [result] = await runChecks({ checks: [check], context: moved });
    expect([looks, result?.outcome.status]).toEqual([2, 'pass']);
  });

  it('stands at once when nothing moves', async () => {
    expect(await looksUntilGood([moving.settled, moving.broken], true)).toEqual([1, 'fail']);
  });
});
