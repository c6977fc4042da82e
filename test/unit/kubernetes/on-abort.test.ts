import { getEventListeners } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { onAbort } from '../../../src/kubernetes/client/on-abort.ts';
import { connectionFromKubeconfig, createClient } from '../../../src/kubernetes/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';

let fake: FakeApiServer | undefined;
afterEach(() => fake?.close());

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a signal that has fired already stops, unless let go of first', async () => {
  const stopped: string[] = [];
  onAbort(AbortSignal.abort(), () => stopped.push('kept'));
  onAbort(AbortSignal.abort(), () => stopped.push('let go'))();
  await turn();
  expect(stopped).toEqual(['kept']);
});

test('a signal that fires stops once, and no longer after it was let go of', () => {
  const abort = new AbortController();
  const stopped: string[] = [];
  onAbort(abort.signal, () => stopped.push('kept'));
  onAbort(abort.signal, () => stopped.push('let go'))();
  abort.abort();
  expect(stopped).toEqual(['kept']);
});

test('hundreds that wait for one signal are one listener, and who lets go of another in time spares it', () => {
  const end = new AbortController();
  const stopped: number[] = [];
  const releases = Array.from({ length: 300 }, (_, at) =>
    onAbort(end.signal, () => {
      stopped.push(at);
      if (at === 0) releases[299]?.();
    }),
  );
  expect(getEventListeners(end.signal, 'abort')).toHaveLength(1);
  end.abort();
  expect(stopped).toEqual(Array.from({ length: 299 }, (_, at) => at));
});

test('a signal for which nobody waits any more has no listener, and can be waited for again', () => {
  const end = new AbortController();
  const stopped: string[] = [];
  onAbort(end.signal, () => stopped.push('let go'))();
  expect(getEventListeners(end.signal, 'abort')).toHaveLength(0);
  onAbort(end.signal, () => stopped.push('kept'));
  end.abort();
  expect(stopped).toEqual(['kept']);
});

/** A connection whose credentials take two seconds, as a plugin's may that asks a cloud. */
async function slowSignIn() {
  fake = await FakeApiServer.start();
  // Over plain HTTP no plugin would be asked.
  const server = fake.connection.config.cluster.server.replace('http:', 'https:');
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' };
  const said = JSON.stringify({ ...credential, status: { token: 't' } });
  const exec = {
    apiVersion: credential.apiVersion,
    command: 'sh',
    args: ['-c', `sleep 2; echo '${said}'`],
    interactiveMode: 'Never',
  };
  const text = JSON.stringify({
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'c', user: { exec } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
    'current-context': 'c',
  });
  return createClient(await connectionFromKubeconfig({ cluster: 'slow', text }));
}

test.each([
  ['a request', (kube: ReturnType<typeof createClient>, signal: AbortSignal) => kube.version({ signal })],
  [
    'a command',
    (kube: ReturnType<typeof createClient>, signal: AbortSignal) =>
      kube.exec({ namespace: 'a', name: 'b' }, ['true'], { signal }),
  ],
])('%s that is interrupted during sign-in ends then, and sends nothing', async (_, call) => {
  const kube = await slowSignIn();
  const started = Date.now();
  await expect(call(kube, AbortSignal.timeout(200))).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(Date.now() - started).toBeLessThan(1_500);
  expect(fake?.seen).toEqual([]);
});
