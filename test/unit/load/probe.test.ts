import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLost, longConnections, type RequestRecord, readLine } from '../../../src/load/index.ts';
import { NotReady, waitUntil } from '../../../src/process/index.ts';
import { ensureProbe } from '../../../src/toolchain/index.ts';

const signal = new AbortController().signal;
const rate = 50;
const children: ChildProcess[] = [];
let folder = '';
let program: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'probe-'));
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  program = await ensureProbe({ architecture, reporter: { emit: () => {} }, signal });
}, 120_000);
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

let started = 0;
/** The real program. It takes itself away, so each start has a copy. */
async function start(args: readonly string[]) {
  started += 1;
  const path = join(folder, `probe-${started}`);
  await writeFile(path, program, { mode: 0o700 });
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const records: RequestRecord[] = [];
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (!line.startsWith('{')) return;
    const read = readLine(line, 'a');
    if (!('mark' in read)) records.push(read);
  });
  const stop = async () => {
    child.stdin.write('stop\n');
    await once(child, 'close');
    return records;
  };
  return { child, path, records, lines, stop };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

async function answering(http: number, echo: number) {
  const server = await start(['-serve', `127.0.0.1:${http}`, '-echo', `127.0.0.1:${echo}`]);
  await until('the server to listen', () => server.lines.includes('listening'));
  return server;
}

const until = (what: string, isSo: () => boolean) =>
  waitUntil({ what, timeoutMs: 20_000, delayMs: 20, signal }, async () => {
    if (!isSo()) throw new NotReady('not yet');
  });

const targets = (http: number, echo: number) => [
  `kept:kept=http://127.0.0.1:${http}/`,
  `fresh:fresh=http://127.0.0.1:${http}/`,
  `h2:h2=http://127.0.0.1:${http}/`,
  `grpc:grpc=127.0.0.1:${http}`,
  `tcp:tcp=127.0.0.1:${echo}`,
];

describe('the request probe', () => {
  it('asks in each of its ways, says over which connection, and is gone from the disk', async () => {
    const [http = 0, echo = 0] = await freePorts(2);
    const server = await answering(http, echo);
    const probe = await start(['-rate', `${rate}`, ...targets(http, echo)]);
    await until('some requests', () => probe.records.length > 200);
    const records = await probe.stop();
    server.child.stdin.end();
    expect(records.filter(isLost)).toEqual([]);
    expect(records.every(({ instance }) => instance !== '')).toBe(true);
    const connectionsOf = (way: string) => {
      const own = records.filter(({ connection }) => connection === way);
      return { sent: own.length, used: new Set(own.map(({ over }) => over)).size };
    };
    for (const way of ['h2', 'grpc', 'tcp']) expect(connectionsOf(way), way).toMatchObject({ used: 1 });
    const fresh = connectionsOf('fresh');
    expect(fresh.used).toBe(fresh.sent);
    expect(connectionsOf('kept').used).toBeLessThan(connectionsOf('kept').sent);
    expect(existsSync(probe.path)).toBe(false);
  });

  it('closes a fresh connection itself: who is asked to may drop an answer that it is slow to write', async () => {
    const asked: (string | undefined)[] = [];
    const sockets = new Set<Socket>();
    const server = createHttpServer(({ headers, socket }, response) => {
      asked.push(headers.connection);
      sockets.add(socket);
      response.end('Hello version: v1, instance: a');
    });
    server.keepAliveTimeout = 0;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const probe = await start(['-rate', `${rate}`, `fresh:fresh=http://127.0.0.1:${port}/`]);
    await until('some requests', () => probe.records.length > 20);
    const records = await probe.stop();
    await until('every connection to be closed', () => [...sockets].every(({ destroyed }) => destroyed));
    server.close();
    expect(records.filter(isLost)).toEqual([]);
    expect(sockets.size).toBe(records.length);
    expect(new Set(asked)).toEqual(new Set([undefined]));
  });

  it('sends when a request is due, whatever the ones before take, and says when it did', async () => {
    // Takes every connection and says nothing.
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const probe = await start(['-rate', `${rate}`, '-timeout', '1s', ...targets(port, port)]);
    await until('the first to run out of time', () => probe.records.length > 2 * rate);
    const records = await probe.stop();
    silent.close();
    for (const way of ['kept', 'h2', 'tcp']) {
      const own = records.filter(({ connection }) => connection === way);
      const seqTimes = own.map(({ scheduled }) => scheduled).sort((a, b) => a - b);
      // A closed loop would have sent one a second.
      expect(own.length, way).toBeGreaterThan(rate / 2);
      expect(own.every(isLost), way).toBe(true);
      expect((seqTimes[1] ?? 0) - (seqTimes[0] ?? 0), way).toBe(1e6 / rate);
      expect(
        own.every(({ started: at, scheduled }) => at >= scheduled - 1000),
        way,
      ).toBe(true);
    }
  });

  it('counts a long connection that ended, and what was under way', async () => {
    const [http = 0, echo = 0] = await freePorts(2);
    const first = await answering(http, echo);
    const probe = await start([
      '-rate',
      `${rate}`,
      `tcp:tcp=127.0.0.1:${echo}`,
      `grpc:grpc=127.0.0.1:${http}`,
    ]);
    await until('some beats', () => probe.records.length > 50);
    first.child.kill('SIGKILL');
    await until('losses', () => probe.records.filter(isLost).length > 10);
    const second = await answering(http, echo);
    const before = probe.records.length;
    await until('more beats', () => probe.records.slice(before).filter((one) => !isLost(one)).length > 20);
    const found = longConnections(await probe.stop());
    second.child.stdin.end();
    expect(found.map(({ target }) => target).sort()).toEqual(['grpc', 'tcp']);
    for (const one of found) {
      expect(one).toMatchObject({ from: 'a', breaks: 1 });
      expect(one.lost).toBeGreaterThan(0);
      expect(one.sent).toBeGreaterThan(one.lost);
      expect(one.longestGapMs).toBeGreaterThan(1000 / rate);
    }
  });

  it('tries one handshake after the other, and says of each what came of it', async () => {
    const [http = 0, echo = 0, nobody = 0] = await freePorts(3);
    const server = await answering(http, echo);
    const probe = await start(['-handshake']);
    const plain = { serverName: '', protocols: [], host: 'a', plain: true, chain: '', key: '' };
    for (const port of [http, nobody, http])
      probe.child.stdin.write(`${JSON.stringify({ ...plain, address: `127.0.0.1:${port}` })}\n`);
    await until('three verdicts', () => probe.lines.length === 3);
    probe.child.stdin.end();
    await once(probe.child, 'close');
    server.child.stdin.end();
    expect(probe.child.exitCode).toBe(0);
    expect(probe.lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { state: 'accepted', status: 200 },
      { state: 'unreachable' },
      { state: 'accepted', status: 200 },
    ]);
  });
});
