import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renewMesh } from '../../../src/mesh/index.ts';
import { keepRoot } from '../../../src/mesh/trust/root-authority.ts';
import { type Authority, createRoot, issueIntermediate, toSecretData } from '../../../src/pki/index.ts';
import type { ClusterProvider } from '../../../src/provider/index.ts';
import {
  exitCodeOfRenewal,
  type RenewalItem,
  type RenewalReport,
  silentReporter,
} from '../../../src/report/index.ts';
import type { Topology } from '../../../src/topology/index.ts';
import { FakeMesh, tellOfKubeconfigs } from '../../fakes/mesh.ts';
import { grantsOfPage, requestOf } from './renewal-rights.ts';

const dataHome = process.env['XDG_DATA_HOME'];
const signal = new AbortController().signal;
let mesh: FakeMesh;
let root: Authority;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-renew-'));
  process.env['XDG_DATA_HOME'] = folder;
  mesh = await FakeMesh.healthy();
  root = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });
  for (const name of ['eks-1', 'eks-2']) await signBelowRoot(name);
  tellOfKubeconfigs(mesh);
});
afterEach(async () => {
  if (dataHome === undefined) delete process.env['XDG_DATA_HOME'];
  else process.env['XDG_DATA_HOME'] = dataHome;
  await mesh.close();
  await rm(folder, { recursive: true });
});

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

/** Give a cluster an intermediate of 90 days that was issued so many days ago. */
async function signBelowRoot(name: string, age = 0, managed = true): Promise<void> {
  const common = { cluster: name, meshName: 'demo', days: 90, algorithm: 'ecdsa-p256' as const };
  const data = toSecretData(await issueIntermediate({ ...common, root, now: daysAgo(age) }), root);
  const labels = managed ? { 'app.kubernetes.io/managed-by': 'isthmus' } : {};
  const metadata = { name: 'cacerts', namespace: 'istio-system', labels };
  mesh.member(name).server.put({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: data });
}

const topologyWith = (istio: Partial<Topology['istio']> = {}): Topology => ({
  ...mesh.topology,
  istio: { ...mesh.topology.istio, ...istio },
});

/** More days than tokens were asked for: every token is due. */
const tokensDue = () => topologyWith({ remoteSecretDays: 60 });

function renew(topology = topologyWith(), plan = false): Promise<RenewalReport> {
  const existing = async () =>
    ({
      name: 'existing',
      capabilities: () => mesh.members[0]?.cluster.capabilities,
      connection: async (_: unknown, { name }: { name: string }) => mesh.member(name).server.connection,
    }) as unknown as ClusterProvider;
  return renewMesh({ topology, reporter: silentReporter, signal, plan, providers: { existing } });
}

const lines = ({ items }: RenewalReport) =>
  items.map(({ what, cluster, target, state }: RenewalItem) =>
    [cluster, what, ...(target ? [target] : []), state].join(' '),
  );
/** Of what it renews; that it is at work it says by a Lease. */
const writes = () =>
  mesh.members.flatMap(({ server }) => server.writes).filter((write) => !write.endsWith('Lease/isthmus'));

describe('renew', () => {
  it('writes nothing where nothing is due, with or without the root’s key', async () => {
    const report = await renew();
    expect(lines(report)).toEqual([
      'eks-1 authority good',
      'eks-2 authority good',
      'eks-1 token eks-2 good',
      'eks-2 token eks-1 good',
    ]);
    expect([exitCodeOfRenewal(report), writes()]).toEqual([0, []]);
  });

  it('renews intermediates and tokens that are due, and is content then', async () => {
    await keepRoot(mesh.topology, root);
    await signBelowRoot('eks-2', 70);
    const report = await renew(tokensDue());
    expect(lines(report)).toEqual([
      'eks-1 authority good',
      'eks-2 authority renewed',
      'eks-1 token eks-2 renewed',
      'eks-2 token eks-1 renewed',
    ]);
    expect(exitCodeOfRenewal(report)).toBe(0);
    const kinds = new Set(writes().map((write) => write.replace(/-[0-9a-f]{8}$/, '')));
    expect([...kinds].sort()).toEqual([
      'apply Secret/cacerts',
      'apply Secret/isthmus-remote-reader-eks-1',
      'apply Secret/isthmus-remote-reader-eks-2',
      'apply Secret/istio-remote-secret-eks-1',
      'apply Secret/istio-remote-secret-eks-2',
      'remove Secret/isthmus-remote-reader-eks-1',
      'remove Secret/isthmus-remote-reader-eks-2',
    ]);
    mesh.forgetRequests();
    expect(new Set((await renew(tokensDue())).items.map(({ state }) => state))).toEqual(new Set(['good']));
    expect(writes()).toEqual([]);
  });

  it('does it once where two do it at the same time: the second one finds it done', async () => {
    const reports = await Promise.all([renew(tokensDue()), renew(tokensDue())]);
    const states = reports.map(({ items }) => items.filter(({ what }) => what === 'token'));
    expect(states.map((items) => items.map(({ state }) => state).join()).sort()).toEqual([
      'good,good',
      'renewed,renewed',
    ]);
  });

  it('plans the same without writing', async () => {
    await keepRoot(mesh.topology, root);
    await signBelowRoot('eks-2', 70);
    const report = await renew(tokensDue(), true);
    expect(lines(report)).toEqual([
      'eks-1 authority good',
      'eks-2 authority due',
      'eks-1 token eks-2 due',
      'eks-2 token eks-1 due',
    ]);
    expect([exitCodeOfRenewal(report), writes()]).toEqual([0, []]);
  });

  it('renews tokens where the key for a due intermediate is elsewhere, and says so', async () => {
    await signBelowRoot('eks-1', 70);
    const report = await renew(tokensDue());
    expect(report.items[0]).toMatchObject({ state: 'failed', code: 'CA_KEY_MISSING' });
    expect(lines(report).slice(1)).toEqual([
      'eks-2 authority good',
      'eks-1 token eks-2 renewed',
      'eks-2 token eks-1 renewed',
    ]);
    expect(exitCodeOfRenewal(report)).toBe(1);
  });

  it('renews one cluster where another’s authority is somebody else’s and due', async () => {
    await keepRoot(mesh.topology, root);
    await signBelowRoot('eks-1', 70);
    await signBelowRoot('eks-2', 70, false);
    const report = await renew();
    expect(lines(report).slice(0, 2)).toEqual(['eks-1 authority renewed', 'eks-2 authority failed']);
    expect(report.items[1]).toMatchObject({ code: 'CA_FOREIGN' });
    expect(writes()).toEqual(['apply Secret/cacerts']);
  });

  it('goes on without a cluster that answers nothing but refusals, and is no success', async () => {
    await keepRoot(mesh.topology, root);
    await signBelowRoot('eks-1', 70);
    mesh.member('eks-2').server.mode = 'forbidding';
    const report = await renew();
    expect(lines(report)).toEqual([
      'eks-1 authority renewed',
      'eks-2 authority unseen',
      'eks-1 token eks-2 unseen',
      'eks-2 token eks-1 unseen',
    ]);
    expect(exitCodeOfRenewal(report)).toBe(4);
  });

  it('makes nothing that was never there', async () => {
    await keepRoot(mesh.topology, root);
    mesh
      .member('eks-1')
      .server.drop({ apiVersion: 'v1', kind: 'Secret', namespace: 'istio-system', name: 'cacerts' });
    mesh.member('eks-1').server.drop({
      apiVersion: 'v1',
      kind: 'Secret',
      namespace: 'istio-system',
      name: 'istio-remote-secret-eks-2',
    });
    const report = await renew();
    expect(lines(report)).toEqual([
      'eks-1 authority failed',
      'eks-2 authority good',
      'eks-1 token eks-2 failed',
      'eks-2 token eks-1 good',
    ]);
    expect([exitCodeOfRenewal(report), writes()]).toEqual([1, []]);
  });

  it('leaves a remote secret that somebody else made', async () => {
    const { server } = mesh.member('eks-1');
    const secret = await server.client().get({
      apiVersion: 'v1',
      kind: 'Secret',
      namespace: 'istio-system',
      name: 'istio-remote-secret-eks-2',
    });
    const labels = { 'istio/multiCluster': 'true' };
    server.put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...secret?.metadata, labels },
      data: secret?.['data'],
    });
    const report = await renew(tokensDue());
    expect(report.items[2]).toMatchObject({ state: 'good', reason: 'somebody else made its Secret' });
    expect(server.writes.filter((write) => write.includes('istio-remote-secret'))).toEqual([]);
  });
});

describe('the rights on the page', () => {
  it('are those of the calls that a renewal makes: all of them and no other', async () => {
    await keepRoot(mesh.topology, root);
    await signBelowRoot('eks-2', 70);
    // Of one who is gone, so that it is taken over, which renewing it looks like as well.
    mesh.member('eks-1').server.put({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'isthmus', namespace: 'istio-system' },
      spec: { holderIdentity: 'ann', leaseDurationSeconds: 30, renewTime: '2026-01-01T00:00:00.000000Z' },
    });
    expect(exitCodeOfRenewal(await renew(tokensDue()))).toBe(0);
    mesh
      .member('eks-1')
      .server.drop({ apiVersion: 'v1', kind: 'Secret', namespace: 'istio-system', name: 'cacerts' });
    await renew();
    const calls = new Set(mesh.members.flatMap(({ server }) => server.seen.flatMap(requestOf)));
    const grants = await grantsOfPage();
    expect([...calls].filter((call) => !grants.has(call))).toEqual([]);
    expect([...grants].filter((grant) => !calls.has(grant) && grant !== 'create pods/portforward')).toEqual(
      [],
    );
  });
});
