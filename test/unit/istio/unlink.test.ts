import { beforeEach, expect, it } from 'vitest';
import { ensureRemoteSecrets, revokeAccessOf, unlinkCluster } from '../../../src/istio/index.ts';
import { remoteSecrets } from '../../../src/istio/remotes/remote-state.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { type FakeCluster, fakeClusters, topologyOf } from './fixtures.ts';

const signal = new AbortController().signal;
const topology = topologyOf(['a', 'b', 'c']);
let clusters: FakeCluster[];
const at = (name: string) => {
  const found = clusters.find(({ spec }) => spec.name === name);
  if (!found) throw new Error(`no cluster ${name}`);
  return found;
};

beforeEach(async () => {
  clusters = await fakeClusters(topology);
  await ensureRemoteSecrets({ topology, clusters, reporter: silentReporter, signal });
});

const peersOf = async (name: string) => (await remoteSecrets(at(name))).map(({ peer }) => peer).sort();
const unlink = async (leaving = true) => {
  const peers = [at('a'), at('b')];
  const options = {
    name: 'c',
    leaving: leaving ? at('c') : undefined,
    peers,
    reporter: silentReporter,
    signal,
  };
  await unlinkCluster(options);
  await revokeAccessOf(options);
};

it.each([true, false])('makes peers forget a cluster, whether it answers: %s', async (answers) => {
  const tokens = await remoteSecrets(at('c'));
  await unlink(answers);
  expect([await peersOf('a'), await peersOf('b')]).toEqual([['b'], ['a']]);
  for (const token of tokens) expect(await token.acceptedBy(at(token.peer))).toBe(false);
  await unlink(answers);
});

it('leaves a secret of the same name that somebody else made', async () => {
  const ref = {
    apiVersion: 'v1',
    kind: 'Secret',
    namespace: 'istio-system',
    name: 'istio-remote-secret-c',
  };
  at('a').server.put({
    ...ref,
    metadata: { namespace: ref.namespace, name: ref.name, labels: { 'istio/multiCluster': 'true' } },
  });
  await unlink();
  expect(await at('a').kube.get(ref)).toBeDefined();
  expect(await peersOf('b')).toEqual(['a']);
});
