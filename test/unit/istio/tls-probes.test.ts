import { createServer, type Server } from 'node:net';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningPod, tlsProbes } from '../../../src/istio/index.ts';
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
    async exec(_: unknown, command: readonly string[]) {
      commands.push(command);
      const [program = '', ...args] = command;
      const { stdout, stderr, exitCode = 1 } = await execa(program, args, { reject: false });
      return { stdout, stderr, exitCode };
    },
  },
} as unknown as MeshCluster;

const servers: Server[] = [];
/** Says one byte as soon as a greeting has come, or nothing; keeps the connection open. */
async function gateway(byte: number | undefined): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => byte !== undefined && socket.write(Buffer.from([byte, 3, 3])));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

let ports: number[];
beforeAll(async () => {
  ports = [await gateway(22), await gateway(21), await gateway(undefined)];
  const closed = await gateway(undefined);
  await new Promise((resolve) => servers.pop()?.close(resolve));
  ports.push(closed);
});
afterAll(() => {
  for (const server of servers) server.close();
});

it('knocks at every gateway by one command, and tells each one’s answer', async () => {
  const targets = Array.from({ length: 44 }, (_, at) => ({
    address: '127.0.0.1',
    port: ports[at % 4] ?? 0,
    serverName: `outbound_.${at < 22 ? 5000 : 80}_._.helloworld.sample.svc.cluster.local`,
  }));
  // Forty programs begin at once, on a machine that clusters may keep busy.
  const results = await tlsProbes({ cluster, pod, targets, seconds: 15 });
  expect(commands).toHaveLength(1);
  const states = results.map(({ state }) => state);
  expect(states).toEqual(targets.map((_, at) => ['answered', 'alert', 'silent', 'silent'][at % 4]));
  expect(results[3]?.said).toMatch(/^curl: \(7\)/);
}, 120_000);
