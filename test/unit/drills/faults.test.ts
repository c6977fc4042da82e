import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Drill, DrillContext } from '../../../src/drills/drill.ts';
import { caseOf } from '../../../src/drills/failover/case.ts';
import { doubtsOf } from '../../../src/drills/frame/answers.ts';
import { findTarget, runDrill } from '../../../src/drills/index.ts';
import { IsthmusError } from '../../../src/errors/index.ts';
import type { Deployment } from '../../../src/kubernetes/index.ts';
import { type CheckResult, exitCodeOfDrill, fail, silentReporter } from '../../../src/report/index.ts';
import { FakeMesh } from '../../fakes/mesh.ts';
import { asked, marked, stretch } from './drill-context.ts';

let mesh: FakeMesh;
const signal = AbortSignal.timeout(120_000);
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
});
afterEach(() => mesh.close());

const clusters = () => mesh.members.map(({ cluster }) => cluster);
const sample = (name = 'helloworld') =>
  findTarget({ clusters: clusters(), service: { namespace: 'sample', name }, signal });
const settings = { durationSeconds: 5, rate: 20, maxLost: 200 };
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'sample', name: 'helloworld-v1' };
const replicas = async () =>
  (await mesh.member('eks-1').cluster.kube.get<Deployment>(deployment))?.spec?.replicas;

/** Scales the sample to 0 in eks-1 and lets something happen then. */
const drillThat = (meanwhile: (context: DrillContext) => Promise<void>): Drill => ({
  id: 'probe',
  title: 'a drill of this test',
  underLoad: false,
  limits: [],
  disruption: () => 'nothing',
  plan: () => [],
  promises: () => [{ id: 'one', title: 'one', expected: 'one' }],
  run: async (context) => {
    const set = { spec: { replicas: 0 } };
    await context.journal.act(mesh.member('eks-1').cluster, { kind: 'patch', ref: deployment, set });
    await meanwhile(context);
    context.conclude('one', { measured: 'one', state: 'held' });
  },
});

const run = async (drill: Drill, results: readonly CheckResult[] = []) =>
  runDrill({
    drill,
    topology: mesh.topology,
    clusters: clusters(),
    target: await sample(),
    settings,
    check: async () => results,
    reporter: silentReporter,
    signal,
  });

describe('a drill that cannot begin', () => {
  it('says so of a service that is not there', async () => {
    await expect(sample('nobody')).rejects.toMatchObject({
      code: 'DRILL_BLOCKED',
      message: 'there is no Service sample/nobody in eks-1, eks-2',
    });
  });

  it('says so of a service without a ready pod', async () => {
    for (const { server } of mesh.members) {
      const kind = server.store.kindOf('v1', 'Pod');
      const version = server.name === 'eks-1' ? 'v1' : 'v2';
      const ref = { kind, namespace: 'sample', name: `helloworld-${version}-6d5f7b9c8-abcde` };
      server.put({ ...server.store.find(ref), status: { phase: 'Pending' } } as never);
    }
    await expect(sample()).rejects.toMatchObject({
      code: 'DRILL_BLOCKED',
      message: 'no pod of sample/helloworld is ready in any cluster',
    });
  });

  it('says so of a mesh that is not well, and changes nothing', async () => {
    const sick = fail('1 of 2 pairs', [{ message: 'remote secret of eks-2 is refused' }]);
    const results = [{ id: 'remotes', outcome: sick }] as unknown as CheckResult[];
    const drill = drillThat(async () => {});
    await expect(run(drill, results)).rejects.toMatchObject({ code: 'CHECKS_FAILED' });
    expect(mesh.members.flatMap(({ server }) => server.writes)).toEqual([]);
  });

  it.each(['api-server', 'cluster'])('refuses %s where no provider can stop a cluster', async (kind) => {
    const subject = { topology: mesh.topology, clusters: clusters(), target: await sample() };
    const begin = () => caseOf({ ...subject, settings: { ...settings, kind } });
    expect(begin).toThrow(/^nothing here can stop .* of eks-2, a cluster of the provider existing$/);
  });
});

describe('a drill in whose middle something happens', () => {
  it('is undone and held where nothing does', async () => {
    const report = await run(drillThat(async () => {}));
    expect(report.verdict).toMatchObject({ hypothesis: 'held', undone: { complete: true } });
    expect(exitCodeOfDrill(report)).toBe(0);
    expect(await replicas()).toBe(1);
  });

  it('leaves alone what somebody else set, and is no success', async () => {
    const { kube } = mesh.member('eks-1').cluster;
    const report = await run(
      drillThat(async () => void (await kube.patch(deployment, { spec: { replicas: 7 } }))),
    );
    expect(report.verdict.undone).toEqual({
      complete: false,
      problems: [
        'eks-1: somebody changed Deployment sample/helloworld-v1 meanwhile (spec.replicas is 7); it stays so',
      ],
    });
    expect(exitCodeOfDrill(report)).toBe(1);
    expect(await replicas()).toBe(7);
  });

  it('is broken off and undone where the pod that asks dies', async () => {
    const died = new IsthmusError('PROCESS_FAILED', 'the request probe in sample/sleep of eks-2: killed', {
      hint: 'look at the pod',
    });
    const report = await run(drillThat(() => Promise.reject(died)));
    expect(report).toMatchObject({
      end: 'broken-off',
      verdict: { hypothesis: 'unproven', undone: { complete: true } },
    });
    expect(report.verdict.measured.problems[0]).toContain('the request probe in sample/sleep of eks-2');
    expect(exitCodeOfDrill(report)).toBe(1);
    expect(await replicas()).toBe(1);
  });

  it('proves nothing where the machine cannot make the rate, whatever was seen', async () => {
    const slow = 'eks-1: 20000 requests a second were wanted; this machine made 4000';
    const report = await run(drillThat(async (context) => context.doubt(slow)));
    expect(report).toMatchObject({
      end: 'done',
      verdict: {
        hypothesis: 'unproven',
        measured: { enough: false, problems: [slow] },
        undone: { complete: true },
      },
    });
    expect(exitCodeOfDrill(report)).toBe(1);
  });

  it('is broken off where somebody undid it', async () => {
    const ending = drillThat(async ({ journal }) => {
      const record = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace: 'istio-system',
        name: 'isthmus-drill',
      };
      await mesh.member('eks-2').cluster.kube.remove(record);
      await journal.requireHeld();
    });
    const report = await run(ending);
    expect(report.end).toBe('broken-off');
    expect(report.verdict.measured.problems[0]).toContain('somebody undid this drill in eks-2 while it ran');
  });
});

describe('requests that prove nothing', () => {
  const caller = (records: ReturnType<typeof stretch>) => [
    { from: 'eks-1', records, marks: marked(['begin', 0]) },
  ];

  it('are none at the rate and the time that were wanted', () => {
    expect(doubtsOf(caller(stretch('eks-1', [0, 10], { pod: 'eks-1-a' })), 10)).toEqual([]);
  });

  it('are too few of them, or too late', () => {
    const half = stretch('eks-1', [0, 10], { pod: 'eks-1-a' });
    expect(doubtsOf(caller(half), 20)).toEqual([
      'eks-1: 20 requests a second were wanted; this machine made 10, 99 of 100 within 0 ms of their time',
    ]);
    const late = stretch('eks-1', [0, 10], { pod: 'eks-1-a', late: 0.7 });
    expect(doubtsOf(caller(late), 10)[0]).toContain('within 700 ms of their time');
    expect(doubtsOf(caller([asked('eks-1', { at: 1 })]), 10)).toEqual(['eks-1: only 1 requests were sent']);
  });
});
