import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../src/drills/frame/journal.ts';
import { readRecord } from '../../../src/drills/frame/undo-record.ts';
import { undoDrills } from '../../../src/drills/index.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import type { MeshCluster } from '../../../src/provider/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { FakeMesh } from '../../fakes/mesh.ts';
import { Refused } from '../../fakes/object-store.ts';

let mesh: FakeMesh;
const signal = AbortSignal.timeout(60_000);

const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'sample', name: 'web' };
const rule: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'sample', name: 'rule' },
  data: { a: '1' },
};
const ruleRef = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'sample', name: 'rule' };

beforeEach(async () => {
  mesh = await FakeMesh.empty();
  for (const { server } of mesh.members)
    server.put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'sample', name: 'web', labels: { app: 'web' } },
      spec: { replicas: 3 },
    } as KubeObject);
});
afterEach(() => mesh.close());

const clusters = () => mesh.members.map(({ cluster }) => cluster);
const east = () => mesh.member('eks-1');
const open = (deadlineSeconds = 60) =>
  Journal.open({ drill: 'failover', clusters: clusters(), deadlineSeconds, signal });
const replicas = async () => {
  const live = await east().cluster.kube.get<KubeObject & { spec?: { replicas?: number } }>(web);
  return live?.spec?.replicas;
};
const undo = (expiredOnly = false) =>
  undoDrills({ clusters: clusters(), expiredOnly, reporter: silentReporter, signal });

async function begun(deadlineSeconds?: number): Promise<Journal> {
  const journal = await open(deadlineSeconds);
  const { cluster } = east();
  await journal.act(cluster, { kind: 'patch', ref: web, set: { spec: { replicas: 0 } } });
  await journal.act(cluster, { kind: 'create', object: rule });
  return journal;
}

describe('a drill’s journal', () => {
  it('writes each change into the undo record before it makes it', async () => {
    await begun();
    const { writes } = east().server;
    const named = writes.map((line) => line.replace(/^(\w+) .*?(\w+)\/([\w-]+)$/, '$1 $2/$3'));
    expect(named).toEqual([
      'create ConfigMap/isthmus-drill',
      'update ConfigMap/isthmus-drill',
      'update Deployment/web',
      'update ConfigMap/isthmus-drill',
      'create ConfigMap/rule',
    ]);
  });

  it('takes everything back, and nothing differs then', async () => {
    const journal = await begun();
    expect(await replicas()).toBe(0);
    expect(await journal.undo(signal)).toEqual([]);
    expect(await journal.differences(signal)).toEqual([]);
    await journal.close(signal);
    expect(await replicas()).toBe(3);
    expect(await east().cluster.kube.get(ruleRef)).toBeUndefined();
    for (const cluster of clusters()) expect(await readRecord(cluster, { signal })).toBeUndefined();
  });

  it('keeps a second drill out of every cluster, also of those that the first does not touch', async () => {
    await begun();
    await expect(open()).rejects.toMatchObject({ code: 'DRILL_UNDER_WAY' });
    expect((await undo()).map(({ cluster, steps }) => [cluster, steps])).toEqual([
      ['eks-1', 2],
      ['eks-2', 0],
    ]);
    await (await open()).close(signal);
  });

  it('lets go of the clusters that it has where another drill has one', async () => {
    const { cluster } = mesh.member('eks-2');
    const other = await Journal.open({ drill: 'canary', clusters: [cluster], deadlineSeconds: 60, signal });
    await expect(open()).rejects.toMatchObject({ code: 'DRILL_UNDER_WAY' });
    expect(await readRecord(east().cluster, { signal })).toBeUndefined();
    await other.close(signal);
  });

  it('refuses to make what is there, and leaves it there', async () => {
    east().server.put(rule);
    const journal = await open();
    const making = journal.act(east().cluster, { kind: 'create', object: rule });
    await expect(making).rejects.toMatchObject({ code: 'DRILL_BLOCKED' });
    expect(await journal.undo(signal)).toEqual([
      "eks-1: ConfigMap sample/rule is somebody else's by now and stays",
    ]);
    expect(await east().cluster.kube.get(ruleRef)).toBeDefined();
  });

  it('leaves alone what somebody changed meanwhile, and says so', async () => {
    const journal = await begun();
    await east().cluster.kube.patch(web, { spec: { replicas: 7 } });
    expect(await journal.undo(signal)).toEqual([
      'eks-1: somebody changed Deployment sample/web meanwhile (spec.replicas is 7); it stays so',
    ]);
    expect(await replicas()).toBe(7);
    expect(await journal.differences(signal)).toEqual(['eks-1: Deployment sample/web: spec.replicas: 3 → 7']);
  });

  it('has nothing to undo where somebody removed it', async () => {
    const journal = await begun();
    await east().cluster.kube.remove(web);
    expect(await journal.undo(signal)).toEqual([]);
    expect(await journal.differences(signal)).toEqual([]);
  });

  it('ends where somebody else undid it', async () => {
    const journal = await begun();
    await undo();
    await expect(journal.requireHeld()).rejects.toMatchObject({ code: 'DRILL_BROKEN_OFF' });
    const acting = journal.act(east().cluster, { kind: 'patch', ref: web, set: { spec: { replicas: 0 } } });
    await expect(acting).rejects.toMatchObject({ code: 'DRILL_BROKEN_OFF' });
    expect(await replicas()).toBe(3);
  });

  it('undoes the other steps where one cannot be', async () => {
    const journal = await begun();
    const { server } = east();
    server.mode = 'half-dead';
    server.sick = (plural) => (plural === 'configmaps' ? 500 : undefined);
    await expect(journal.undo(signal)).rejects.toMatchObject({ code: 'API_REFUSED' });
    expect(await replicas()).toBe(3);
    server.mode = 'healthy';
    expect(await journal.undo(signal)).toEqual([]);
  });
});

describe('undoing a drill that nobody ended', () => {
  it('takes it back from another process, and again without harm', async () => {
    await begun();
    const [one] = await undo();
    expect(one).toMatchObject({ cluster: 'eks-1', drill: 'failover', steps: 2, problems: [] });
    expect(await replicas()).toBe(3);
    expect(await east().cluster.kube.get(ruleRef)).toBeUndefined();
    expect(await undo()).toEqual([]);
  });

  it('takes back what was recorded and never made', async () => {
    const journal = await open();
    east().server.refuse = (write) => {
      if (write === 'create ConfigMap/rule') throw new Refused(500, 'InternalError', 'killed in between');
    };
    await journal.act(east().cluster, { kind: 'create', object: rule }).catch(() => {});
    expect(await undo()).toMatchObject([{ cluster: 'eks-1', steps: 1, problems: [] }, { cluster: 'eks-2' }]);
  });

  it('leaves one alone that may be under way, by the cluster’s clock', async () => {
    await begun(60);
    expect(await undo(true)).toEqual([]);
    expect(await replicas()).toBe(0);
    await undo();
    await begun(-60);
    expect(await undo(true)).toHaveLength(2);
    expect(await replicas()).toBe(3);
  });
});

describe('clocks that differ', () => {
  it.each([-1, 1])('by %i day end no drill that is under way, and keep none', async (days) => {
    for (const { server } of mesh.members) server.store.clockAheadMs = days * 86_400_000;
    await begun(60);
    expect(await undo(true)).toEqual([]);
    expect(await replicas()).toBe(0);
    for (const { server } of mesh.members) server.store.clockAheadMs += 120_000;
    expect(await undo(true)).toHaveLength(2);
    expect(await replicas()).toBe(3);
  });
});

describe('a cluster that a drill stopped', () => {
  /** Its API server is silent from the beginning to the end of an outage. */
  function stoppable(): { begun: string[]; victim: MeshCluster; all: MeshCluster[] } {
    const begun: string[] = [];
    const { cluster, server } = mesh.member('eks-2');
    const victim: MeshCluster = {
      ...cluster,
      outages: {
        begin: async (part) => {
          begun.push(part);
          server.mode = 'half-dead';
          server.sick = () => 'reset';
        },
        end: async () => {
          begun.length = 0;
          server.mode = 'healthy';
        },
      },
    };
    return { begun, victim, all: [east().cluster, victim] };
  }
  const stop = { kind: 'outage', cluster: 'eks-2', part: 'api-server' } as const;
  const opened = (all: readonly MeshCluster[]) =>
    Journal.open({ drill: 'failover', clusters: all, deadlineSeconds: 60, signal });

  it('is started again, and asked for nothing meanwhile', async () => {
    const { begun, victim, all } = stoppable();
    const journal = await opened(all);
    const step = await journal.act(victim, stop);
    expect(begun).toEqual(['api-server']);
    expect(journal.reachable.map(({ spec }) => spec.name)).toEqual(['eks-1']);
    await journal.requireHeld();
    expect(await journal.undo(signal, [step])).toEqual([]);
    expect(begun).toEqual([]);
    await journal.requireHeld();
    expect(await journal.differences(signal)).toEqual([]);
    await journal.close(signal);
  });

  it('is started by whoever undoes the drill, as every other cluster knows of it', async () => {
    const { begun, victim, all } = stoppable();
    await (await opened(all)).act(victim, stop);
    const undone = await undoDrills({ clusters: all, reporter: silentReporter, signal });
    expect(begun).toEqual([]);
    expect(undone.map(({ cluster, problems }) => [cluster, problems])).toEqual([
      ['eks-1', []],
      ['eks-2', []],
    ]);
    for (const cluster of all) expect(await readRecord(cluster, { signal })).toBeUndefined();
  });

  it('stays in the records of others where it cannot be started from here', async () => {
    const { victim, all } = stoppable();
    await (await opened(all)).act(victim, stop);
    const undoing = undoDrills({ clusters: clusters(), reporter: silentReporter, signal });
    await expect(undoing).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    const record = await readRecord(east().cluster, { signal });
    expect(record?.steps).toEqual([stop]);
    expect(await undoDrills({ clusters: all, reporter: silentReporter, signal })).toHaveLength(2);
  });
});
