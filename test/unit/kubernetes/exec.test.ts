import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { FakeApiServer } from '../../fakes/api-server.ts';
import { frame } from '../../fakes/channel-frame.ts';

let fake: FakeApiServer;
afterEach(() => fake.close());

const pod = { namespace: 'b', name: 'a', container: 'c' };
const ended = (exitCode: number) =>
  JSON.stringify(
    exitCode === 0
      ? { status: 'Success' }
      : {
          status: 'Failure',
          reason: 'NonZeroExitCode',
          details: { causes: [{ reason: 'ExitCode', message: `${exitCode}` }] },
        },
  );

/** A kubelet that does with a command what the test says. */
async function client(run: (socket: WebSocket, url: URL) => void) {
  fake = await FakeApiServer.start();
  fake.put(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: pod.namespace } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: pod.namespace, name: pod.name } },
  );
  fake.kubelet = run;
  return fake.client();
}

test('output, errors and the exit code come back apart', async () => {
  let asked: URL | undefined;
  const kube = await client((socket, url) => {
    asked = url;
    for (const data of [frame(1, 'o1'), frame(2, 'e'), frame(1, 'o2'), frame(3, ended(7))]) socket.send(data);
    socket.close();
  });
  const result = await kube.exec(pod, ['sh', '-c', 'a & b']);
  expect(result).toEqual({ stdout: 'o1o2', stderr: 'e', exitCode: 7 });
  expect(asked?.pathname).toBe('/api/v1/namespaces/b/pods/a/exec');
  expect(asked?.searchParams.getAll('command')).toEqual(['sh', '-c', 'a & b']);
  expect(asked?.searchParams.get('container')).toBe('c');
});

test('twenty megabytes arrive whole, with characters cut between frames', async () => {
  const big = Buffer.from('é'.repeat(10 * 1024 * 1024));
  const kube = await client((socket) => {
    for (let at = 0; at < big.length; at += 32_767) socket.send(frame(1, big.subarray(at, at + 32_767)));
    socket.send(frame(3, ended(0)));
    socket.close();
  });
  const { stdout } = await kube.exec(pod, ['cat', 'big']);
  expect(Buffer.from(stdout).equals(big)).toBe(true);
});

test('standard input is sent and its end is told', async () => {
  const input = 'x'.repeat(600_000);
  const kube = await client((socket) => {
    const read: Buffer[] = [];
    socket.on('message', (data: Buffer) => {
      if (data[0] === 0) read.push(data.subarray(1));
      if (data[0] !== 255 || data[1] !== 0) return;
      socket.send(frame(1, `${Buffer.concat(read).length}`));
      socket.send(frame(3, ended(0)));
      socket.close();
    });
  });
  expect((await kube.exec(pod, ['wc', '-c'], { stdin: input })).stdout).toBe('600000');
});

test('a command that does not end times out, an abort interrupts it', async () => {
  const kube = await client(() => {});
  await expect(kube.exec(pod, ['sleep'], { timeoutMs: 100 })).rejects.toMatchObject({
    code: 'TIMED_OUT',
    message: 'timed out after 0.1 s waiting for a command in b/a of fake',
  });
  await expect(kube.exec(pod, ['sleep'], { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
});

test('a connection that breaks off is no success', async () => {
  const kube = await client((socket) => {
    socket.send(frame(1, 'half'));
    socket.terminate();
  });
  await expect(kube.exec(pod, ['cat'])).rejects.toMatchObject({ code: 'API_REFUSED' });
});

test('a refused exec carries what the API server says', async () => {
  fake = await FakeApiServer.start();
  await expect(fake.client().exec(pod, ['true'])).rejects.toMatchObject({
    code: 'API_REFUSED',
    status: 404,
    message: expect.stringContaining('pods "a" not found'),
  });
});

test('bytes go in as they are, and output comes as it is made', async () => {
  const program = Buffer.from([0, 255, 10, 128, 195, 40]);
  const got: Buffer[] = [];
  const kube = await client((socket) => {
    socket.on('message', (data: Buffer) => {
      if (data[0] === 255) {
        socket.send(frame(3, ended(0)));
        socket.close();
        return;
      }
      got.push(data.subarray(1));
      socket.send(frame(1, `got ${data.length - 1}`));
    });
  });
  const seen: string[] = [];
  const onStdout = (chunk: Buffer) => seen.push(chunk.toString());
  const result = await kube.exec(pod, ['cat'], { stdin: program, onStdout });
  expect(Buffer.concat(got)).toEqual(program);
  expect(seen).toEqual(['got 6']);
  expect(result).toEqual({ stdout: '', stderr: '', exitCode: 0 });
});

test('a stream goes in piece by piece, and its end ends the input', async () => {
  const got: string[] = [];
  const kube = await client((socket) => {
    socket.on('message', (data: Buffer) => {
      if (data[0] === 0) got.push(data.subarray(1).toString());
      if (got.length === 1) socket.send(frame(1, 'first'));
      if (data[0] !== 255) return;
      socket.send(frame(3, ended(0)));
      socket.close();
    });
  });
  const stdin = new PassThrough();
  stdin.write('one');
  const onStdout = () => stdin.end('two');
  await kube.exec(pod, ['cat'], { stdin, onStdout });
  expect(got).toEqual(['one', 'two']);
});
