import { afterEach, beforeEach, expect, it } from 'vitest';
import { IsthmusError } from '../../../../src/errors/index.ts';
import { ensureRemoteSecrets } from '../../../../src/istio/index.ts';
import { linkBuilt } from '../../../../src/mesh/build/change-clusters.ts';
import type { Linking } from '../../../../src/mesh/build/link-clusters.ts';
import { Session } from '../../../../src/mesh/session/session.ts';
import type { ClusterProvider } from '../../../../src/provider/index.ts';
import { recordingReporter } from '../../../../src/report/index.ts';
import { FakeMesh } from '../../../fakes/mesh.ts';

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
  } as unknown as ClusterProvider;
  const reporter = recordingReporter();
  const providers = { existing: async () => provider };
  const session = new Session({ topology: mesh.topology, reporter, signal, providers });
  mesh.member('eks-1').server.drop(secretOf('eks-2'));
  mesh.member('eks-1').server.drop(secretOf('eks-3'));
  const building = mesh.members.map(async ({ cluster }) => {
    if (cluster.spec.name === 'eks-2') throw failure;
    return { cluster, changed: true, changes: [] };
  });
  // Gateways and samples want kubelets, which nobody has here.
  const link = (_: Session, linking: Linking) =>
    ensureRemoteSecrets({ topology: mesh.topology, ...linking, reporter, signal });
  await expect(linkBuilt(session, mesh.topology.clusters, { building, link })).rejects.toBe(failure);
  const writes = (name: string) => mesh.member(name).server.writes;
  expect(writes('eks-1')).toContain('apply Secret/istio-remote-secret-eks-3');
  expect(writes('eks-1')).not.toContain('apply Secret/istio-remote-secret-eks-2');
  expect(writes('eks-2').filter((write) => !/TokenReview/.test(write))).toEqual([]);
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
