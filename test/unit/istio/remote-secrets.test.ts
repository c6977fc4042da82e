import { beforeEach, describe, expect, it } from 'vitest';
import type { IsthmusError } from '../../../src/errors/index.ts';
import { ensureRemoteSecrets, remoteSecretName, revokeRemoteAccess } from '../../../src/istio/index.ts';
import { HOLDER_LABEL } from '../../../src/istio/remotes/bindings.ts';
import { remoteSecrets } from '../../../src/istio/remotes/remote-state.ts';
import { recordingReporter } from '../../../src/report/index.ts';
import type { RemoteAccessMode } from '../../../src/topology/index.ts';
import { dataOf, edited, type FakeCluster, fakeClusters, topologyOf } from './fixtures.ts';

const signal = new AbortController().signal;
const topology = topologyOf(['a', 'b', 'c']);
let clusters: FakeCluster[];
let reporter = recordingReporter();

beforeEach(async () => {
  clusters = await fakeClusters(topology);
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
const withAccess = (remoteAccess: RemoteAccessMode) => ({
  ...topology,
  istio: { ...topology.istio, remoteAccess },
});
const bindings = (target: string, holder: string) => {
  const { store } = at(target).server;
  const all = store.list(store.kindOf('v1', 'Secret'), undefined);
  return all.filter(({ metadata }) => metadata?.labels?.[HOLDER_LABEL] === holder);
};
const writes = () => clusters.map(({ server }) => [...server.writes]);
const heldBy = async (holder: string, peer: string) => {
  const states = await remoteSecrets(at(holder));
  const found = states.find((state) => state.peer === peer);
  if (!found) throw new Error(`${holder} has no secret for ${peer}`);
  return found;
};
const held = (holder: string, peer: string) => JSON.stringify(dataOf(at(holder), ref(peer)));
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
    const tokens = clusters.flatMap((cluster) =>
      ['a', 'b', 'c'].flatMap((peer) => Object.values(dataOf(cluster, ref(peer)))),
    );
    expect(new Set(tokens).size).toBe(6);
    const before = writes();
    expect(await ensure()).toEqual([]);
    expect(writes()).toEqual(before);
  });

  it('writes nothing in a dry run', async () => {
    expect(await ensure({ dryRun: true })).toHaveLength(6);
    expect(writes()).toEqual([[], [], []]);
  });

  it('states the address and authority that peers use and the end that was really granted', async () => {
    at('b').server.tokens.maxSeconds = 86_400;
    await ensure({ topology: withAccess('bounded') });
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

  it('follows the name by which an API server is verified', async () => {
    await ensure();
    const { kube } = at('c');
    Object.assign(kube, { connection: { ...kube.connection, serverNameForPeers: 'api.corp' } });
    expect(await ensure()).toEqual(['a update istio-remote-secret-c', 'b update istio-remote-secret-c']);
    expect(held('a', 'c')).toContain('tls-server-name: api.corp');
    expect(await ensure()).toEqual([]);
  });

  it('takes from the cluster the authority that an unverified kubeconfig does not have, or refuses', async () => {
    const { kube, server } = at('c');
    expect(kube.connection.config.cluster.skipTLSVerify).toBe(true);
    const written = { apiServerForPeers: 'https://c.example:6443', certificateAuthority: undefined };
    Object.assign(kube, { connection: { ...kube.connection, ...written } });
    expect(await ensure({ dryRun: true })).toHaveLength(6);
    const planned = await ensureRemoteSecrets({ topology, clusters, reporter, signal, dryRun: true });
    expect(
      planned.filter(({ diff }) => diff.length > 0).map(({ object, diff }) => [object.name, ...diff]),
    ).toEqual(
      Array(2).fill([remoteSecretName('c'), expect.stringMatching(/^up refuses: .*kube-root-ca\.crt/)]),
    );
    const refusal = await ensure().catch((error: IsthmusError) => error);
    expect(refusal).toMatchObject({ code: 'KUBECONFIG_INVALID' });
    expect(String((refusal as IsthmusError).cause)).toContain('kube-system/kube-root-ca.crt');
    server.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'kube-system', name: 'kube-root-ca.crt' },
      data: { 'ca.crt': 'authority that pods of c are told' },
    });
    await ensure();
    const authority = Buffer.from('authority that pods of c are told').toString('base64');
    expect(held('a', 'c')).toContain(authority);
    expect(await ensure()).toEqual([]);
  });

  it('removes access to and of clusters that the file no longer has, but only what it made', async () => {
    await ensure();
    at('a').server.put({
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
      expect.stringMatching(/^a remove isthmus-remote-reader-c-/),
      'a remove istio-remote-secret-c',
      expect.stringMatching(/^b remove isthmus-remote-reader-c-/),
      'b remove istio-remote-secret-c',
    ]);
    expect(await at('a').kube.get(ref('theirs'))).toBeDefined();
  });

  it('says nothing secret', async () => {
    await ensure();
    await edit('a', 'b', 'users: [{user: {token: planted}}]');
    await ensure();
    const secrets = clusters.flatMap((cluster) => [dataOf(cluster, ref('a')), dataOf(cluster, ref('b'))]);
    const tokens = JSON.stringify(secrets).match(/e30\.[\w-]+/g) ?? [];
    const said = JSON.stringify(reporter.events);
    expect(tokens.length).toBeGreaterThan(0);
    expect([...tokens, 'planted'].filter((token) => said.includes(token))).toEqual([]);
  });
});

describe('the kind of token', () => {
  const short = () => {
    at('b').server.tokens.maxSeconds = 86_400;
  };

  it('is bounded where the API server grants what is asked, and lives by a Secret of its own where not', async () => {
    short();
    await ensure();
    expect((await heldBy('a', 'c')).life).toBeDefined();
    expect((await heldBy('a', 'b')).life).toBeUndefined();
    expect(bindings('b', 'a').map(({ type }) => type)).toEqual(['kubernetes.io/service-account-token']);
    expect(await ensure()).toEqual([]);
  });

  it('is revoked for one holder alone by deleting its Secret', async () => {
    short();
    await ensure();
    await revokeRemoteAccess(at('b'), 'a', signal);
    expect(await (await heldBy('a', 'b')).acceptedBy(at('b'))).toBe(false);
    expect(await (await heldBy('c', 'b')).acceptedBy(at('b'))).toBe(true);
    expect(await ensure()).toEqual(['a update istio-remote-secret-b']);
    expect(await (await heldBy('a', 'b')).acceptedBy(at('b'))).toBe(true);
  });

  it('changes with the file, the former being revoked and none left over', async () => {
    await ensure();
    for (const mode of ['secret', 'bounded', 'auto'] as const) {
      const former = await heldBy('a', 'b');
      const changed = await ensure({ topology: withAccess(mode) });
      expect(changed).toHaveLength(mode === 'auto' ? 0 : 6);
      expect(await former.acceptedBy(at('b'))).toBe(mode === 'auto');
      expect(await (await heldBy('a', 'b')).acceptedBy(at('b'))).toBe(true);
      expect(bindings('b', 'a')).toHaveLength(1);
    }
  });

  it('is replaced where a shortened one is in use and one that lasts is wanted', async () => {
    short();
    await ensure({ topology: withAccess('bounded') });
    expect(await ensure()).toEqual(['a update istio-remote-secret-b', 'c update istio-remote-secret-b']);
    expect(await ensure()).toEqual([]);
  });

  it('is replaced when it is of an age at which a bounded one would be', async () => {
    await ensure({ topology: withAccess('secret') });
    const issued = new Date(Date.now() - 21 * 86_400_000).toISOString();
    edited(at('a'), ref('b'), { metadata: { annotations: { 'isthmus.io/token-issued': issued } } });
    expect(await ensure({ topology: withAccess('secret') })).toEqual(['a update istio-remote-secret-b']);
  });
});

describe('what a run that was cut off leaves', () => {
  const leave = (target: string, minutes: number) => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: `isthmus-remote-reader-a-left${minutes}`,
        namespace: 'istio-system',
        labels: { [HOLDER_LABEL]: 'a' },
        creationTimestamp: new Date(Date.now() - minutes * 60_000).toISOString() as never,
      },
    };
    at(target).server.put(secret);
  };

  it('is removed once no other run can be about to use it', async () => {
    await ensure();
    leave('b', 3);
    leave('b', 1);
    expect(await ensure()).toEqual(['b remove isthmus-remote-reader-a-left3']);
    expect(bindings('b', 'a')).toHaveLength(2);
  });

  it('is kept where its holder cannot be asked what it uses', async () => {
    await ensure();
    leave('b', 3);
    expect(await ensure({ clusters: clusters.slice(1) })).toEqual([]);
  });
});

describe('a cluster that does not answer', () => {
  it('keeps no other pair from its token, and every pair is named', async () => {
    await at('c').server.close();
    const failure = await ensure().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    expect((failure as IsthmusError).problems.map(({ message }) => message)).toEqual(
      expect.arrayContaining([expect.stringContaining('a → c'), expect.stringContaining('c → b')]),
    );
    expect(await (await heldBy('a', 'b')).acceptedBy(at('b'))).toBe(true);
    expect(await (await heldBy('b', 'a')).acceptedBy(at('a'))).toBe(true);
  });

  it('asks for all rights of a target’s reader once, whoever holds its tokens', async () => {
    const rights: string[] = [];
    for (const name of ['a', 'b', 'c'])
      at(name).server.allows = ({ verb, resource }, token) => {
        rights.push(`${name} ${verb} ${resource} ${token.slice(-8)}`);
        return true;
      };
    await ensure();
    const askers = (name: string) =>
      new Set(rights.filter((one) => one.startsWith(`${name} `)).map((one) => one.split(' ').at(-1)));
    expect(['a', 'b', 'c'].map((name) => askers(name).size)).toEqual([1, 1, 1]);
  });

  it('hands over no token that may not read what an istiod needs', async () => {
    const stop = new AbortController();
    const asked = new Set<string>();
    // What is asked a second time is waited for: only then has the token been refused and kept back.
    at('b').server.allows = (attributes) => {
      const right = JSON.stringify(attributes);
      if (attributes.resource !== 'pods') return true;
      if (asked.has(right)) stop.abort();
      asked.add(right);
      return false;
    };
    const failure = await ensureRemoteSecrets({
      topology,
      clusters: clusters.slice(0, 2),
      reporter,
      signal: stop.signal,
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'INTERRUPTED' });
    expect(await at('a').kube.get(ref('b'))).toBeUndefined();
  });
});
