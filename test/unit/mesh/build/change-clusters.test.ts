import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { IsthmusError } from '../../../../src/errors/index.ts';
import { changeClusters } from '../../../../src/mesh/build/change-clusters.ts';
import { Session } from '../../../../src/mesh/session/session.ts';
import type { MeshTrust } from '../../../../src/mesh/trust/mesh-trust.ts';
import type { ClusterProvider } from '../../../../src/provider/index.ts';
import { recordingReporter } from '../../../../src/report/index.ts';
import { FakeMesh } from '../../../fakes/mesh.ts';

/** Only what links is of interest: rendering and applying Istio's charts is tested elsewhere. */
vi.mock('../../../../src/istio/index.ts', async (original) => ({
  ...(await original<typeof import('../../../../src/istio/index.ts')>()),
  ensureControlPlane: async () => [],
  ensureGateways: async () => [],
  ensureSamples: async () => [],
}));
vi.mock('../../../../src/mesh/trust/mesh-trust.ts', async (original) => ({
  ...(await original<typeof import('../../../../src/mesh/trust/mesh-trust.ts')>()),
  ensureClusterTrust: async () => [],
}));

const signal = new AbortController().signal;
let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy(['eks-1', 'eks-2', 'eks-3']);
});
afterEach(() => mesh.close());

const secretOf = (peer: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  namespace: 'istio-system',
  name: `istio-remote-secret-${peer}`,
});

it('links the clusters that are well without the one that failed, tells of it, and throws its failure', async () => {
  const failure = new IsthmusError('NODE_FAILED', 'node eks-2 broke');
  const provider = {
    name: 'existing',
    capabilities: () => mesh.member('eks-1').cluster.capabilities,
    list: async () => mesh.topology.clusters.map(({ name }) => name),
    connection: async (_: unknown, { name }: { name: string }) => mesh.member(name).server.connection,
    ensure: async (_: unknown, { name }: { name: string }) => {
      if (name === 'eks-2') throw failure;
      return false;
    },
  } as unknown as ClusterProvider;
  const reporter = recordingReporter();
  const providers = { existing: async () => provider };
  const session = new Session({ topology: mesh.topology, reporter, signal, providers });
  const lost: string[] = [];
  const trust = { claim: { lost: (name: string) => lost.push(name) } } as unknown as MeshTrust;
  mesh.member('eks-1').server.drop(secretOf('eks-2'));
  mesh.member('eks-1').server.drop(secretOf('eks-3'));
  await expect(changeClusters(session, trust, mesh.topology.clusters)).rejects.toBe(failure);
  const writes = (name: string) => mesh.member(name).server.writes;
  expect(writes('eks-1')).toContain('apply Secret/istio-remote-secret-eks-3');
  expect(writes('eks-1')).not.toContain('apply Secret/istio-remote-secret-eks-2');
  expect(writes('eks-2').filter((write) => !/TokenReview/.test(write))).toEqual([]);
  expect(lost).toEqual(['eks-2']);
  expect(reporter.events).toContainEqual(
    expect.objectContaining({
      type: 'note',
      level: 'warn',
      code: 'CLUSTERS_LEFT_OUT',
      message: 'eks-2 failed; gateways and remote secrets of eks-1, eks-3 go on',
      data: { linked: ['eks-1', 'eks-3'], failed: ['eks-2'] },
    }),
  );
});
