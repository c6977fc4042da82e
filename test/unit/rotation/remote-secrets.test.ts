import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ObjectRef, Secret } from '../../../src/kubernetes/index.ts';
import { exitCodeOfRotation, silentReporter } from '../../../src/report/index.ts';
import { rotateRemoteSecrets } from '../../../src/rotation/index.ts';
import { FakeMesh, tellOfKubeconfigs } from '../../fakes/mesh.ts';

const signal = new AbortController().signal;
let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
  tellOfKubeconfigs(mesh);
});
afterEach(() => mesh.close());

const rotate = (more: { plan?: boolean } = {}) =>
  rotateRemoteSecrets({
    topology: mesh.topology,
    clusters: mesh.members.map(({ cluster }) => cluster),
    rate: 0,
    gateTimeoutMs: 5000,
    reporter: silentReporter,
    signal,
    ...more,
  });
const remoteSecret = (peer: string): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'Secret',
  namespace: 'istio-system',
  name: `istio-remote-secret-${peer}`,
});
/** Names without their random ends. */
const writes = (cluster: string) =>
  mesh.member(cluster).server.writes.map((write) => write.replace(/-[0-9a-f]{8}$/, ''));

it('makes a second token, hands it over, revokes the first and shows it to its target', async () => {
  const all: string[] = [];
  for (const { server } of mesh.members) {
    const { refuse } = server;
    server.refuse = (write) => {
      all.push(`${server.name} ${write.replace(/-[0-9a-f]{8}$/, '')}`);
      refuse(write);
    };
    server.hold = () => {
      const { method, url = '' } = server.seen.at(-1) ?? {};
      if (method === 'POST' && url.includes('tokenreviews')) all.push(`${server.name} TokenReview`);
      return undefined;
    };
  }
  const report = await rotate();
  expect(all.filter((write) => !write.includes('Review') && !write.includes('ServiceAccount'))).toEqual([
    'eks-2 apply Secret/isthmus-remote-reader-eks-1',
    'eks-1 apply Secret/istio-remote-secret-eks-2',
    'eks-2 remove Secret/isthmus-remote-reader-eks-1',
    'eks-1 apply Secret/isthmus-remote-reader-eks-2',
    'eks-2 apply Secret/istio-remote-secret-eks-1',
    'eks-1 remove Secret/isthmus-remote-reader-eks-2',
  ]);
  // A target remembers for ten seconds that it was asked about a token, so nobody asks until all are revoked.
  const begun = all.findIndex((write) => write.includes('apply Secret'));
  const revoked = all.findLastIndex((write) => write.includes('remove Secret'));
  const asked = all.flatMap((write, at) => (write.includes('TokenReview') ? [at] : []));
  expect(asked.length).toBeGreaterThanOrEqual(4);
  expect(asked.filter((at) => at > begun && at < revoked)).toEqual([]);
  expect(report).toMatchObject({ end: 'done', what: 'remote-secrets' });
  expect(report.proofs.map(({ cluster, by, state }) => [cluster, by, state])).toEqual([
    ['eks-2', 'api-server', 'refused'],
    ['eks-1', 'api-server', 'refused'],
  ]);
  expect(exitCodeOfRotation(report)).toBe(0);
});

it('plans by what is there, and writes nothing', async () => {
  const report = await rotate({ plan: true });
  expect(report).toMatchObject({
    end: 'planned',
    position: { 'eks-1 → eks-2': expect.stringMatching(/^bounded, ends on \d{4}-/) },
  });
  expect([...writes('eks-1'), ...writes('eks-2')]).toEqual([]);
});

it('says that a token stays good that isthmus did not make, and is no success then', async () => {
  const { server, cluster } = mesh.member('eks-1');
  const held = await cluster.kube.get<Secret>(remoteSecret('eks-2'), { signal });
  const token = mesh.member('eks-2').server.tokens.issue({ expirationSeconds: 3600 });
  const kubeconfig = Buffer.from(held?.data?.['eks-2'] ?? '', 'base64').toString('utf8');
  const theirs = kubeconfig.replace(/token: \S+/, `token: ${token}`);
  server.put({ ...(held as Secret), data: { 'eks-2': Buffer.from(theirs).toString('base64') } });
  const report = await rotate();
  expect(report.proofs[0]).toMatchObject({ cluster: 'eks-2', state: 'accepted' });
  expect(report.proofs[1]).toMatchObject({ cluster: 'eks-1', state: 'refused' });
  expect(exitCodeOfRotation(report)).toBe(1);
  expect(JSON.stringify(report)).not.toContain(token);
});

it('stops where a second token is refused, with the first one good and the Secret as it was', async () => {
  const { cluster } = mesh.member('eks-1');
  const before = await cluster.kube.get(remoteSecret('eks-2'), { signal });
  mesh.member('eks-2').server.refuse = (write) => {
    if (write.startsWith('apply Secret/isthmus-remote-reader')) throw new Error('no');
  };
  const report = await rotate();
  expect(report).toMatchObject({ end: 'stopped', error: { code: 'API_REFUSED' }, proofs: [] });
  expect(exitCodeOfRotation(report)).toBe(4);
  expect(await cluster.kube.get(remoteSecret('eks-2'), { signal })).toEqual(before);
});
