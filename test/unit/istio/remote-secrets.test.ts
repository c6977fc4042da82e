import { beforeEach, describe, expect, it } from 'vitest';
import { ensureRemoteSecrets, remoteSecretName, revokeRemoteAccess } from '../../../src/istio/index.ts';
import { remoteSecrets } from '../../../src/istio/remotes/remote-state.ts';
import { recordingReporter } from '../../../src/report/index.ts';
import { fakeClusters, topologyOf } from './fixtures.ts';

const signal = new AbortController().signal;
const topology = topologyOf(['a', 'b', 'c']);
let clusters = fakeClusters(topology);
let reporter = recordingReporter();

beforeEach(() => {
  clusters = fakeClusters(topology);
  reporter = recordingReporter();
});

const ensure = async (more: object = {}) => {
  const changes = await ensureRemoteSecrets({ topology, clusters, reporter, signal, ...more });
  return changes
    .filter(({ action }) => action !== 'none')
    .map(({ cluster, action, object }) => `${cluster} ${action} ${object.name}`)
    .sort();
};
const at = (name: string) => {
  const found = clusters.find(({ spec }) => spec.name === name);
  if (!found) throw new Error(`no cluster ${name}`);
  return found;
};
const ref = (peer: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  namespace: 'istio-system',
  name: remoteSecretName(peer),
});
const edit = (holder: string, peer: string, text: string) =>
  at(holder).kube.apply({
    ...ref(peer),
    metadata: {
      name: remoteSecretName(peer),
      namespace: 'istio-system',
      labels: { 'istio/multiCluster': 'true', 'app.kubernetes.io/managed-by': 'isthmus' },
    },
    data: { [peer]: Buffer.from(text).toString('base64') },
  });

describe('ensureRemoteSecrets', () => {
  it('gives every ordered pair a token of its own, then leaves all as it is', async () => {
    expect(await ensure()).toHaveLength(6);
    const tokens = clusters.flatMap(({ kube }) =>
      ['a', 'b', 'c'].flatMap((peer) => Object.values(kube.dataOf(ref(peer)))),
    );
    expect(new Set(tokens).size).toBe(6);
    const writes = clusters.map(({ kube }) => kube.writes);
    expect(await ensure()).toEqual([]);
    expect(clusters.map(({ kube }) => kube.writes)).toEqual(writes);
  });

  it('writes nothing in a dry run', async () => {
    expect(await ensure({ dryRun: true })).toHaveLength(6);
    expect(clusters.map(({ kube }) => kube.writes)).toEqual([0, 0, 0]);
  });

  it('states the address and authority that peers use and the end that was really granted', async () => {
    at('b').kube.maxTokenSeconds = 86_400;
    await ensure();
    const [state] = (await remoteSecrets(at('a'))).filter(({ peer }) => peer === 'b');
    expect(state).toMatchObject({
      server: 'https://b.example:6443',
      certificateAuthority: 'authority of b\n',
    });
    expect((state?.life?.expires.getTime() ?? 0) - (state?.life?.issued.getTime() ?? 0)).toBe(86_400_000);
    expect(await state?.acceptedBy(at('b'))).toBe(true);
    const notes = reporter.events.filter(
      (event) => event.type === 'note' && event.code === 'TOKEN_SHORTENED',
    );
    expect(notes).toHaveLength(2);
  });

  it('heals a broken kubeconfig and touches no other secret', async () => {
    await ensure();
    await edit('a', 'b', 'garbage: [');
    expect(await ensure()).toEqual(['a update istio-remote-secret-b']);
    expect(await ensure()).toEqual([]);
  });

  it('renews what one holder can no longer use after its access was revoked, and nothing else', async () => {
    await ensure();
    await revokeRemoteAccess(at('b'), 'a', signal);
    expect(await ensure()).toEqual(['a update istio-remote-secret-b']);
  });

  it('follows a moved API server', async () => {
    await ensure();
    const { kube } = at('c');
    Object.assign(kube, { connection: { ...kube.connection, apiServerForPeers: 'https://moved:6443' } });
    expect(await ensure()).toEqual(['a update istio-remote-secret-c', 'b update istio-remote-secret-c']);
  });

  it('removes access to and of clusters that the file no longer has, but only what it made', async () => {
    await ensure();
    await at('a').kube.apply({
      ...ref('theirs'),
      metadata: {
        name: remoteSecretName('theirs'),
        namespace: 'istio-system',
        labels: { 'istio/multiCluster': 'true' },
      },
    });
    const smaller = topologyOf(['a', 'b']);
    const left = clusters.slice(0, 2);
    expect(await ensure({ topology: smaller, clusters: left })).toEqual([
      'a remove isthmus-remote-reader-c',
      'a remove istio-remote-secret-c',
      'b remove isthmus-remote-reader-c',
      'b remove istio-remote-secret-c',
    ]);
    expect(await at('a').kube.get(ref('theirs'))).toBeDefined();
  });

  it('says nothing secret', async () => {
    await ensure();
    await edit('a', 'b', 'users: [{user: {token: planted}}]');
    await ensure();
    const secrets = clusters.flatMap(({ kube }) => [kube.dataOf(ref('a')), kube.dataOf(ref('b'))]);
    const tokens = JSON.stringify(secrets).match(/e30\.[\w-]+/g) ?? [];
    const said = JSON.stringify(reporter.events);
    expect(tokens.length).toBeGreaterThan(0);
    expect([...tokens, 'planted'].filter((token) => said.includes(token))).toEqual([]);
  });
});
