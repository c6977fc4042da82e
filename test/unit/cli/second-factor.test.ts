import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { AwsAccount } from '../../../src/aws/account.ts';
import { credentialsOf } from '../../../src/aws/credentials.ts';
import { isthmus } from './command-line.ts';
import { Terminal } from './terminal.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const device = 'arn:aws:iam::111122223333:mfa/anna';
const role = 'arn:aws:iam::111122223333:role/mesh-admin';
const config = `[profile anna]
aws_access_key_id = AKIAOFANNA
aws_secret_access_key = planted-long-term-key
[profile mesh-admin]
role_arn = ${role}
source_profile = anna
mfa_serial = ${device}
external_id = mesh
duration_seconds = 900
[profile plain]
aws_access_key_id = AKIAPLAIN
aws_secret_access_key = planted-plain-key
`;

let terminal: Terminal;
let home: string;
let sts: Server;
/** Codes that STS was shown. */
let codes: string[];
beforeAll(async () => {
  terminal = await Terminal.build();
});
afterAll(async () => {
  vi.resetConfig();
  await terminal?.remove();
});

const answers = (code: string | null) =>
  code === '123456'
    ? `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAOFTHEROLE</AccessKeyId>
       <SecretAccessKey>planted-role-key</SecretAccessKey><SessionToken>t</SessionToken>
       <Expiration>${new Date(Date.now() + 900_000).toISOString()}</Expiration>
       </Credentials></AssumeRoleResult></AssumeRoleResponse>`
    : `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
       <Message>MultiFactorAuthentication failed with invalid MFA one time pass code.</Message></Error></ErrorResponse>`;

let env: Record<string, string>;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'second-factor-'));
  codes = [];
  sts = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const form = new URLSearchParams(body);
    codes.push(form.get('TokenCode') ?? '');
    const answer = answers(form.get('TokenCode'));
    response.writeHead(answer.startsWith('<Assume') ? 200 : 403).end(answer);
  }).listen(0, '127.0.0.1');
  await once(sts, 'listening');
  await writeFile(join(home, 'config'), config);
  env = {
    HOME: home,
    AWS_CONFIG_FILE: join(home, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'absent'),
    AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${(sts.address() as AddressInfo).port}`,
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  for (const name of ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])
    vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  sts.close();
  await rm(home, { recursive: true });
});

const argv = ['token', '--cluster', 'demo', '--region', 'eu-west-1', '--profile'];
const question = `code that ${device} shows for AWS profile mesh-admin: `;

test('a code is asked for on a terminal, and opens the session', async () => {
  const { exitCode, screen } = await terminal.run([...argv, 'mesh-admin'], [[question, '123456\r']], env);
  expect(screen).toContain('k8s-aws-v1.');
  expect(exitCode).toBe(0);
  expect(codes).toEqual(['123456']);
});

test('a wrong code is told as that, and never shows a key', async () => {
  const { exitCode, screen } = await terminal.run([...argv, 'mesh-admin'], [[question, '000000\r']], env);
  expect(exitCode).toBe(4);
  expect(screen).toContain('run the command again with the code that the device shows then');
  expect(screen).not.toContain('planted');
});

test('who needs no code is asked for none', async () => {
  const { exitCode, screen } = await terminal.run([...argv, 'plain'], [], env);
  expect(screen).not.toContain('code that');
  expect(exitCode).toBe(0);
});

test('where nobody can be asked, it says what to do instead', async () => {
  const { exitCode, stderr } = await isthmus([...argv, 'mesh-admin']);
  expect(exitCode).toBe(3);
  expect(stderr).toContain('requires multi-factor authentication');
  expect(stderr).toContain('aws sts get-caller-identity --profile mesh-admin');
  expect(stderr).not.toContain('sso login');
  expect(codes).toEqual([]);
});

/** As botocore's AssumeRoleCredentialFetcher names the file of a session. */
const nameByPython = `
import hashlib, json, sys
print(hashlib.sha1(json.dumps(json.load(sys.stdin), sort_keys=True).encode('utf-8')).hexdigest())
`;

async function keepByCli(expiration: Date): Promise<void> {
  const asked = { RoleArn: role, SerialNumber: device, ExternalId: 'mesh', DurationSeconds: 900 };
  const hash = String(execFileSync('python3', ['-c', nameByPython], { input: JSON.stringify(asked) })).trim();
  const folder = join(home, '.aws', 'cli', 'cache');
  await mkdir(folder, { recursive: true });
  const Credentials = {
    AccessKeyId: 'ASIAOFTHECLI',
    SecretAccessKey: 's',
    SessionToken: 't',
    Expiration: expiration.toISOString().replace('Z', '+00:00'),
  };
  await writeFile(join(folder, `${hash}.json`), JSON.stringify({ Credentials }));
}

const target = { region: 'eu-west-1', profile: 'mesh-admin' };

test('the session that the aws CLI opened counts, while it lasts', async () => {
  await keepByCli(new Date(Date.now() + 600_000));
  expect(await (await credentialsOf(target))()).toMatchObject({ accessKeyId: 'ASIAOFTHECLI' });
  vi.stubEnv('AWS_PROFILE', 'mesh-admin');
  const byEnvironment = await credentialsOf({ ...target, profile: undefined });
  expect(await byEnvironment()).toMatchObject({ accessKeyId: 'ASIAOFTHECLI' });
  await keepByCli(new Date(Date.now() + 5000));
  await expect((await credentialsOf(target))()).rejects.toThrow('multi-factor');
  expect(codes).toEqual([]);
});

test('keys in the environment go before AWS_PROFILE, not before a profile that is named', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOFTHEENVIRONMENT');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's');
  vi.stubEnv('AWS_PROFILE', 'plain');
  const of = async (profile?: string) => (await new AwsAccount({ ...target, profile }).credentials())();
  expect(await of()).toMatchObject({ accessKeyId: 'AKIAOFTHEENVIRONMENT' });
  expect(await of('plain')).toMatchObject({ accessKeyId: 'AKIAPLAIN' });
});
