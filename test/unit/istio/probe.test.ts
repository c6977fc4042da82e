import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { curlCommand, parseProbe } from '../../../src/istio/probes/http-probe.ts';
import { run } from '../../../src/process/index.ts';

let server: Server | undefined;
afterEach(() => server?.close());

async function serve(
  answer: (count: number) => { status: number; body: string } | undefined,
): Promise<string> {
  let count = 0;
  server = createServer((request, response) => {
    const given = answer(count++);
    if (!given) return void request.socket.destroy();
    response.writeHead(given.status).end(given.body);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hello`;
}

async function ask(url: string, count: number) {
  const [program = '', ...args] = curlCommand({ url, count, headers: { 'x-test': '1' } });
  return parseProbe((await run(program, args, { allowFailure: true })).stdout);
}

describe('probe', () => {
  it('asks as often as told with one curl and reads version, instance, status and time', async () => {
    const url = await serve((count) => ({
      status: 200,
      body: `Hello version: v${(count % 2) + 1}, instance: helloworld-${count}\n`,
    }));
    const { answers, failures } = await ask(url, 5);
    expect(answers.map(({ version, instance }) => `${version} ${instance}`)).toEqual([
      'v1 helloworld-0',
      'v2 helloworld-1',
      'v1 helloworld-2',
      'v2 helloworld-3',
      'v1 helloworld-4',
    ]);
    expect(answers.every(({ status, durationMs }) => status === 200 && durationMs > 0)).toBe(true);
    expect(failures).toEqual([]);
  });

  it('counts a 503 as an answer without a version and a broken connection as a failure', async () => {
    const url = await serve((count) =>
      count === 1 ? undefined : { status: count === 0 ? 503 : 200, body: 'no healthy upstream' },
    );
    const { answers, failures } = await ask(url, 2);
    expect(answers).toMatchObject([{ status: 503, version: '', instance: '' }]);
    expect(failures).toHaveLength(1);
    expect(failures[0]?.message).toMatch(/Empty reply|reset/i);
  });
});
