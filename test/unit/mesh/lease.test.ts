import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IsthmusError } from '../../../src/errors/index.ts';
import { readLease } from '../../../src/kubernetes/index.ts';
import { ClusterLease, meshLeaseRef } from '../../../src/mesh/lease/cluster-lease.ts';
import { JoinTurn, withMeshLease, workIn } from '../../../src/mesh/lease/mesh-lease.ts';
import { claimOf, thisWorker, type Worker } from '../../../src/mesh/lease/worker.ts';
import { Session } from '../../../src/mesh/session/session.ts';
import type { ClusterProvider } from '../../../src/provider/index.ts';
import { recordingReporter, silentReporter } from '../../../src/report/index.ts';
import { FakeMesh } from '../../fakes/mesh.ts';

const signal = new AbortController().signal;
let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
});
afterEach(() => mesh.close());

const sessionWith = (reporter = recordingReporter()) => {
  const existing = async () =>
    ({
      name: 'existing',
      capabilities: () => mesh.member('eks-1').cluster.capabilities,
      connection: async (_: unknown, { name }: { name: string }) => mesh.member(name).server.connection,
    }) as unknown as ClusterProvider;
  return new Session({ topology: mesh.topology, reporter, signal, providers: { existing } });
};
const clusterOf = (name: string) => mesh.member(name).cluster;
const liveLease = (name: string) =>
  readLease(clusterOf(name).kube, meshLeaseRef(clusterOf(name).spec), { signal });

const elsewhere: Worker = { ...thisWorker('up eks-2'), who: 'ann@laptop', machine: 'another', run: 'a1' };

/** A lease of somebody else's, who told of himself just now. */
function leaseOf(worker: Worker, { seconds = 30, ago = 0 } = {}, names = ['eks-1', 'eks-2']): void {
  const { holder, annotations } = claimOf(worker);
  const spec = {
    holderIdentity: holder,
    leaseDurationSeconds: seconds,
    renewTime: new Date(Date.now() - ago).toISOString(),
  };
  const { apiVersion, kind, namespace, name } = meshLeaseRef(clusterOf('eks-1').spec);
  const metadata = { name, namespace: namespace ?? '', annotations: annotations };
  for (const one of names) mesh.member(one).server.put({ apiVersion, kind, metadata, spec });
}

const codesOf = (reporter: ReturnType<typeof recordingReporter>) =>
  reporter.events.flatMap((event) => (event.type === 'note' ? [event.code] : []));

describe('the lease of a mesh', () => {
  it('lets one at work at a time, and says to the second for whom it waits', async () => {
    const events: string[] = [];
    const reporter = recordingReporter();
    const first = withMeshLease(sessionWith(), 'up', async () => {
      events.push('first begins');
      await delay(500);
      events.push('first ends');
    });
    await expect.poll(() => events).toEqual(['first begins']);
    await withMeshLease(sessionWith(reporter), 'renew', async () => {
      events.push('second');
    });
    await first;
    expect(events).toEqual(['first begins', 'first ends', 'second']);
    expect(codesOf(reporter)).toContain('WORK_AWAITED');
    expect([await liveLease('eks-1'), await liveLease('eks-2')]).toEqual([undefined, undefined]);
  });

  it('is shown while it is held, with who and what, and not after', async () => {
    await withMeshLease(sessionWith(), 'up eks-2', async () => {
      const work = await workIn(clusterOf('eks-2'), { signal });
      expect(work).toMatchObject({ command: 'up eks-2', pid: process.pid, gone: false });
    });
    expect(await workIn(clusterOf('eks-2'), { signal })).toBeUndefined();
  });

  it('is let go of after a failure, which is thrown', async () => {
    const failure = new IsthmusError('NODE_FAILED', 'broke');
    const work = withMeshLease(sessionWith(), 'up', () => Promise.reject(failure));
    await expect(work).rejects.toBe(failure);
    expect(await liveLease('eks-1')).toBeUndefined();
  });

  it('of one who is silent for as long as it lasts is taken over, and that is said', async () => {
    leaseOf(elsewhere, { seconds: 1 });
    const reporter = recordingReporter();
    const began = performance.now();
    await withMeshLease(sessionWith(reporter), 'up', async () => undefined);
    expect(performance.now() - began).toBeGreaterThan(1000);
    expect(new Set(codesOf(reporter))).toEqual(new Set(['WORK_AWAITED', 'WORK_TAKEN_OVER']));
  });

  it.each([
    [
      'of a process of this machine that is not there',
      () => leaseOf({ ...thisWorker('up'), run: 'b', pid: gonePid() }),
    ],
    ['whose holder was heard of last long ago', () => leaseOf(elsewhere, { ago: 3_600_000 })],
  ])('%s is taken over at once', async (_, put) => {
    put();
    const reporter = recordingReporter();
    await withMeshLease(sessionWith(reporter), 'up', async () => undefined);
    expect(new Set(codesOf(reporter))).toEqual(new Set(['WORK_TAKEN_OVER']));
  });

  it('is not waited for without end', async () => {
    leaseOf(elsewhere);
    const options = { worker: thisWorker('up'), waitMs: 400, reporter: silentReporter, signal };
    await expect(ClusterLease.take(clusterOf('eks-1'), options)).rejects.toMatchObject({
      code: 'LOCK_HELD',
      message: expect.stringContaining('eks-1 is in work by ann@laptop (isthmus up eks-2, pid'),
    });
  });

  it('that another took over is lost, and ends the work', async () => {
    const options = { worker: thisWorker('up'), waitMs: 400, reporter: silentReporter, signal };
    const lease = await ClusterLease.take(clusterOf('eks-1'), options);
    expect(await lease?.renew()).toBe(true);
    leaseOf(elsewhere);
    await expect(lease?.renew()).rejects.toMatchObject({ code: 'LOCK_HELD' });
    await lease?.release();
    expect((await liveLease('eks-1'))?.holder).toContain('ann@laptop');
    for (const { server, cluster } of mesh.members) server.drop(meshLeaseRef(cluster.spec));
    const session = sessionWith();
    const lost = new IsthmusError('LOCK_HELD', 'lost');
    const work = withMeshLease(session, 'up', async () => {
      session.stop(lost);
      session.context.signal.throwIfAborted();
    });
    await expect(work).rejects.toBe(lost);
  });

  it('of a cluster that does not answer, or refuses, keeps nobody from the others', async () => {
    mesh.member('eks-1').server.mode = 'forbidding';
    await withMeshLease(sessionWith(), 'up', async () => {
      expect(await liveLease('eks-2')).toBeDefined();
    });
    mesh.member('eks-1').server.mode = 'healthy';
    mesh.member('eks-1').server.refuse = (write) => {
      if (write.endsWith('Lease/isthmus')) throw new Error('no right');
    };
    const reporter = recordingReporter();
    await withMeshLease(sessionWith(reporter), 'up', async () => undefined);
    expect(codesOf(reporter)).toEqual(['WORK_UNANNOUNCED']);
  });

  it('is joined by clusters that are new to it, the first one first', async () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', name: 'istio-system' };
    for (const { server } of mesh.members) server.drop(namespace);
    const session = sessionWith();
    await withMeshLease(session, 'up', async () => {
      for (const { server } of mesh.members)
        server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } });
      const turn = new JoinTurn('eks-1');
      const second = turn.join(session, clusterOf('eks-2'));
      await delay(100);
      expect(await liveLease('eks-2')).toBeUndefined();
      await turn.join(session, clusterOf('eks-1'));
      await second;
      expect(await liveLease('eks-2')).toBeDefined();
    });
  });
});

/** Of a process that was there and has ended. */
const gonePid = () => Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }));
