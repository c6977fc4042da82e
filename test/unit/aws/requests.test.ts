import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AwsAccount } from '../../../src/aws/account.ts';
import { observeStack } from '../../../src/eks/stack/stack-state.ts';
import { NotReady, waitUntil } from '../../../src/process/index.ts';

let server: Server;
let asked: Promise<void>;

/** Takes every request and never answers. */
beforeEach(async () => {
  asked = new Promise((resolve) => {
    server = createServer(() => resolve());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  delete process.env['AWS_ENDPOINT_URL'];
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const credentials = async () => ({ accessKeyId: 'planted', secretAccessKey: 'planted' });
const target = { region: 'eu-west-1', profile: undefined };

test('an interruption ends a call that AWS never answers', async () => {
  const over = new AbortController();
  const looking = observeStack(new AwsAccount(target, { credentials, signal: over.signal }), 'east');
  await asked;
  over.abort();
  await expect(looking).rejects.toMatchObject({ code: 'INTERRUPTED' });
});

test('many calls at once are no leak of listeners', async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error) => void warnings.push(warning);
  process.on('warning', hear);
  const over = new AbortController();
  const account = new AwsAccount(target, { credentials, signal: over.signal });
  const looks = Array.from({ length: 20 }, () => observeStack(account, 'east'));
  await waitUntil({ what: 'all of them', timeoutMs: 10_000 }, async () => {
    const open = await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
    if (open < looks.length) throw new NotReady(`${open} calls`);
  });
  over.abort();
  await Promise.allSettled(looks);
  process.off('warning', hear);
  expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
});

test('a call that AWS never answers ends by its own time limit, and not as if nothing existed', async () => {
  const limits = { connectionTimeout: 200, requestTimeout: 200, throwOnRequestTimeout: true } as const;
  const looking = observeStack(new AwsAccount(target, { credentials, limits }), 'east');
  await expect(looking).rejects.toMatchObject({
    code: 'AWS_REFUSED',
    message: expect.stringContaining('looking at stack east'),
  });
});
