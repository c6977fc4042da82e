import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AwsAccount } from '../../../src/aws/account.ts';
import { credentialsOf } from '../../../src/aws/credentials.ts';

let home: string;
let server: Server | undefined;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'isthmus-credentials-'));
  vi.stubEnv('HOME', home);
  vi.stubEnv('AWS_CONFIG_FILE', join(home, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(home, 'credentials'));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOFTHEENVIRONMENT');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-of-the-environment');
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
  vi.stubEnv('AWS_PROFILE', undefined);
  await writeFile(join(home, 'credentials'), '');
  await writeFile(
    join(home, 'config'),
    `[profile dev]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = engineer
region = eu-central-1
[sso-session corp]
sso_start_url = https://corp.example/start
sso_region = us-east-2
`,
  );
});

afterEach(async () => {
  vi.unstubAllEnvs();
  server?.close();
  server = undefined;
  await rm(home, { recursive: true, force: true });
});

async function signIn(expiresAt: Date): Promise<void> {
  const folder = join(home, '.aws', 'sso', 'cache');
  await mkdir(folder, { recursive: true });
  const name = createHash('sha1').update('corp').digest('hex');
  const token = { accessToken: 'planted-sso-token', expiresAt: expiresAt.toISOString() };
  await writeFile(join(folder, `${name}.json`), JSON.stringify(token));
}

const target = { region: 'eu-west-1', profile: 'dev' };

test.each([
  ['never signed in', undefined],
  ['whose session has ended', new Date(Date.now() - 60_000)],
])('an SSO profile %s says how to sign in, and no other identity stands in for it', async (_, ended) => {
  if (ended) await signIn(ended);
  const failure = await new AwsAccount(target).identity().catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'AWS_CREDENTIALS_MISSING',
    hint: 'run `aws sso login --profile dev`',
    message: expect.stringContaining('asking who profile dev is'),
  });
  expect(JSON.stringify(failure) + String(failure)).not.toContain('planted-sso-token');
});

test('an SSO profile with a session gets its role’s credentials from the portal, once', async () => {
  const asked: { url: string; token: string; host: string }[] = [];
  server = createServer((request, response) => {
    const token = String(request.headers['x-amz-sso_bearer_token']);
    asked.push({ url: request.url ?? '', token, host: request.headers.host ?? '' });
    const role = { accessKeyId: 'ASIAOFTHEPORTAL', secretAccessKey: 's', sessionToken: 't' };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ roleCredentials: { ...role, expiration: Date.now() + 3_600_000 } }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  vi.stubEnv('AWS_ENDPOINT_URL_SSO', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await signIn(new Date(Date.now() + 3_600_000));
  const source = await credentialsOf(target);
  expect(await source()).toMatchObject({ accessKeyId: 'ASIAOFTHEPORTAL', sessionToken: 't' });
  expect(await source()).toMatchObject({ accessKeyId: 'ASIAOFTHEPORTAL' });
  expect(asked.map(({ url }) => url)).toEqual([
    '/federation/credentials?account_id=111122223333&role_name=engineer',
  ]);
  expect(asked[0]?.token).toBe('planted-sso-token');
});

test('a profile that nobody wrote is an error, also with keys in the environment', async () => {
  const failure = await new AwsAccount({ ...target, profile: 'absent' })
    .identity()
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'AWS_CREDENTIALS_MISSING',
    message: expect.stringContaining('absent'),
    hint: expect.stringContaining('aws sso login --profile absent'),
  });
});
