import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimOf, thisWorker } from '../../../src/mesh/lease/worker.ts';
import { Session } from '../../../src/mesh/session/session.ts';
import { ensureClusterTrust, type MeshTrust, openTrust } from '../../../src/mesh/trust/mesh-trust.ts';
import { anchorOf } from '../../../src/pki/index.ts';
import { recordingReporter } from '../../../src/report/index.ts';
import { ContextsMesh } from './contexts-mesh.ts';

const all = ['one', 'two'] as const;
let mesh: ContextsMesh;
const folders: string[] = [];
beforeEach(async () => {
  mesh = await ContextsMesh.start({ one: 'healthy', two: 'healthy' });
});
afterEach(async () => {
  process.env['XDG_DATA_HOME'] = mesh.folder;
  await mesh.stop();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** One machine on which somebody brings some clusters up; it has a root of its own. */
class Machine {
  readonly session = new Session({
    topology: mesh.topology(all),
    reporter: recordingReporter(),
    signal: AbortSignal.timeout(60_000),
  });
  readonly #named: readonly string[];
  #trust: MeshTrust | undefined;

  constructor(...named: readonly string[]) {
    this.#named = named;
  }

  async looks(): Promise<this> {
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-machine-'));
    folders.push(folder);
    process.env['XDG_DATA_HOME'] = folder;
    const first = this.session.topology.clusters.filter(({ name }) => this.#named.includes(name));
    this.#trust = await openTrust(this.session, { replaceRoot: false, first, withdrawalMs: 2000 });
    return this;
  }

  /** Give each named cluster its CA; what each came to. */
  async gives(): Promise<string[]> {
    const { topology, context } = this.session;
    const given = this.#named.map(async (name) => {
      const spec = topology.clusters.find((one) => one.name === name);
      if (!spec || !this.#trust) throw new Error('nobody looked');
      const cluster = await this.session.cluster(spec);
      try {
        await ensureClusterTrust(this.#trust, { ...context, cluster, topology });
      } catch (error) {
        this.#trust.claim.lost(name);
        throw error;
      }
      return 'given';
    });
    const settled = await Promise.allSettled(given);
    return settled.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)));
  }

  get root(): string | undefined {
    return this.#trust?.chosen.roots[0];
  }
}

const placeOf = (cluster: string) => ({
  kind: mesh.server(cluster).store.kindOf('v1', 'Secret'),
  namespace: 'istio-system',
  name: 'cacerts',
});

function rootOf(cluster: string): string | undefined {
  const { data } = (mesh.server(cluster).store.find(placeOf(cluster)) ?? {}) as {
    data?: Record<string, string>;
  };
  if (!data) return undefined;
  const pem = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
  return anchorOf(Object.fromEntries(pem))?.fingerprintSha256;
}

/** A lease by which `ann@laptop` says that she works there. */
function announce(cluster: string): void {
  const { holder, annotations } = claimOf({ ...thisWorker(`up ${cluster}`), who: 'ann@laptop' });
  mesh.server(cluster).put({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'isthmus', namespace: 'istio-system', annotations },
    spec: { holderIdentity: holder, leaseDurationSeconds: 30, renewTime: new Date().toISOString() },
  });
}

describe('of two machines that bring different clusters of a new mesh up at once', () => {
  it.each([
    ['the earlier', 'one', 'two'],
    ['the later', 'two', 'one'],
  ])(
    'who has written %s cluster’s root first keeps it; the other one is told who it is',
    async (_, a, b) => {
      const [first, second] = [await new Machine(a).looks(), await new Machine(b).looks()];
      expect(first.root).not.toBe(second.root);
      expect(await first.gives()).toEqual(['given']);
      announce(a);
      const [told] = await second.gives();
      expect(told).toContain(`ann@laptop (isthmus up ${a}, pid ${process.pid}`);
      expect(told).toContain(`gave ${a} another root; ${b} was left without one`);
      expect([rootOf(a), rootOf(b)]).toEqual([first.root, undefined]);
    },
    60_000,
  );

  it('who sees the other at the same moment goes before by the file’s order', async () => {
    const [first, second] = [await new Machine('one').looks(), await new Machine('two').looks()];
    announce('one');
    const [one, two] = await Promise.all([first.gives(), second.gives()]);
    const given = [one, two].filter(([said]) => said === 'given');
    expect(given.length).toBe(1);
    expect([rootOf('one'), rootOf('two')].filter((root) => root !== undefined)).toEqual([
      one[0] === 'given' ? first.root : second.root,
    ]);
  }, 60_000);

  it('also where one of them brings all up', async () => {
    const [first, second] = [await new Machine('one', 'two').looks(), await new Machine('two').looks()];
    expect(await second.gives()).toEqual(['given']);
    announce('two');
    const told = await first.gives();
    expect(told.filter((said) => said === 'given')).toEqual([]);
    expect([rootOf('one'), rootOf('two')]).toEqual([undefined, second.root]);
  }, 60_000);
});

it('one alone looks at the others once and goes on', async () => {
  const machine = await new Machine('two').looks();
  expect(await machine.gives()).toEqual(['given']);
  expect([rootOf('one'), rootOf('two')]).toEqual([undefined, machine.root]);
});

it('one who can look no more at a cluster withdraws rather than guess', async () => {
  const machine = await new Machine('two').looks();
  mesh.server('one').mode = 'forbidding';
  const [told] = await machine.gives();
  expect(told).toContain('one cannot be looked at any more, and may have got another root');
  expect(rootOf('two')).toBeUndefined();
}, 60_000);
