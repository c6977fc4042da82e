import { createServer, type Server } from 'node:net';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningPod, tlsProbe, tlsProbes } from '../../../src/istio/index.ts';
import type { ExecOptions } from '../../../src/kubernetes/types.ts';
import type { MeshCluster } from '../../../src/provider/index.ts';

/** A pod whose commands run on this machine. */
const pod: RunningPod = {
  namespace: 'sample',
  name: 'sleep-1',
  ip: '10.1.0.1',
  node: 'node-1',
  ready: true,
  containers: ['istio-proxy', 'sleep'],
  labels: {},
};
const commands: (readonly string[])[] = [];
const cluster = {
  kube: {
    async exec(_: unknown, command: readonly string[], { signal, onStdout }: ExecOptions) {
      commands.push(command);
      const [program = '', ...args] = command;
      const running = execa(program, args, { reject: false });
      running.stdout.on('data', (chunk: Buffer) => onStdout?.(chunk));
      // As with a pod, what was begun goes on when nobody listens any more.
      const stopped = new Promise<never>((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason)),
      );
      const { stdout, stderr, exitCode = 1 } = await Promise.race([running, stopped]);
      return { stdout, stderr, exitCode };
    },
  },
} as unknown as MeshCluster;

const servers: Server[] = [];
/** Says one byte some time after a greeting has come, or nothing; keeps the connection open. */
async function gateway(byte: number | undefined, milliseconds = 0): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      if (byte !== undefined) setTimeout(() => socket.write(Buffer.from([byte, 3, 3])), milliseconds);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

let ports: number[];
/** What is said of each of `ports`; the second is as far away as another continent. */
const expected = ['answered', 'answered', 'alert', 'silent', 'silent'];
beforeAll(async () => {
  ports = [await gateway(22), await gateway(22, 700), await gateway(21), await gateway(undefined)];
  const closed = await gateway(undefined);
  await new Promise((resolve) => servers.pop()?.close(resolve));
  ports.push(closed);
});
afterAll(() => {
  for (const server of servers) server.close();
});

const targetAt = (at: number, port: number) => ({
  address: '127.0.0.1',
  port: ports[at % 5] ?? 0,
  serverName: `outbound_.${port}_._.helloworld.sample.svc.cluster.local`,
});

it('probes every gateway by one command, and tells each one’s answer', async () => {
  const targets = Array.from({ length: 45 }, (_, at) => targetAt(at, at < 22 ? 5000 : 80));
  commands.length = 0;
  // Forty programs begin at once, on a machine that clusters may keep busy.
  const results = await tlsProbes({ cluster, pod, targets, seconds: 10 });
  expect(commands).toHaveLength(1);
  expect(results.map(({ state }) => state)).toEqual(targets.map((_, at) => expected[at % 5]));
  expect(results[4]?.said).toMatch(/^curl: \(7\)/);
}, 120_000);

it.each([0, 1, 2, 3, 4])(
  'probes one gateway, whose first byte ends it (%i)',
  async (at) => {
    // An answer is not waited for to the end; that nothing comes takes all of the time.
    const seconds = expected[at] === 'silent' ? 1 : 20;
    const { state, said } = await tlsProbe({ cluster, pod, ...targetAt(at, 5000), seconds });
    expect(state).toBe(expected[at]);
    expect(said).toMatch(['', '', '', /^curl: \(28\)/, /^curl: \(7\)/][at] ?? '');
  },
  15_000,
);
