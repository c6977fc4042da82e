import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 60_000 });

const device = 'arn:aws:iam::111122223333:mfa/anna';
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
/** `mesh` is a role by way of `gate`, which alone wants a code. */
const config = `[profile anna]
aws_access_key_id = AKIAOFANNA
aws_secret_access_key = planted-long-term-key
[profile gate]
role_arn = ${role('gate')}
source_profile = anna
mfa_serial = ${device}
[profile mesh]
role_arn = ${role('mesh')}
source_profile = gate
external_id = mesh
role_session_name = isthmus
duration_seconds = 900
region = eu-central-1
[profile other]
role_arn = ${role('other')}
source_profile = gate
[profile vault]
role_arn = ${role('vault')}
source_profile = gate
mfa_serial = ${device}
[profile plain]
role_arn = ${role('plain')}
source_profile = anna
[profile keyed]
role_arn = ${role('keyed')}
source_profile = anna
mfa_serial = ${device}
aws_access_key_id = AKIAKEYED
aws_secret_access_key = planted-own-key
[profile by-keys]
role_arn = ${role('by-keys')}
source_profile = keyed
`;

interface Asked {
  readonly key: string | undefined;
  readonly region: string | undefined;
  readonly role: string | undefined;
  readonly code: string | null;
  readonly form: URLSearchParams;
}

let home: string;
let sts: Server;
let asked: Asked[];

const answer = (name: string | undefined) =>
  `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAFROMSTS-${name}</AccessKeyId>
   <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
   <Expiration>${new Date(Date.now() + 900_000).toISOString()}</Expiration>
   </Credentials></AssumeRoleResult></AssumeRoleResponse>`;

beforeEach(async () => {
  // Sessions that a code opened are kept for as long as the module is.
  vi.resetModules();
  home = await mkdtemp(join(tmpdir(), 'role-chain-'));
  asked = [];
  sts = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const form = new URLSearchParams(body);
    const [, key, region] =
      /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
    const name = form.get('RoleArn')?.split('/')[1];
    asked.push({ key, region, role: name, code: form.get('TokenCode'), form });
    response.end(answer(name));
  }).listen(0, '127.0.0.1');
  await once(sts, 'listening');
  await writeFile(join(home, 'config'), config);
  vi.stubEnv('HOME', home);
  vi.stubEnv('AWS_CONFIG_FILE', join(home, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(home, 'absent'));
  vi.stubEnv('AWS_ENDPOINT_URL_STS', `http://127.0.0.1:${(sts.address() as AddressInfo).port}`);
  for (const name of ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])
    vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  sts.closeAllConnections();
  sts.close();
  await rm(home, { recursive: true });
});

/** As botocore's AssumeRoleCredentialFetcher names the file of a session. */
const nameByPython = `
import hashlib, json, sys
print(hashlib.sha1(json.dumps(json.load(sys.stdin), sort_keys=True).encode('utf-8')).hexdigest())
`;

async function keepByCli(arguments_: object, key: string, expiresInMs = 600_000): Promise<void> {
  const input = JSON.stringify(arguments_);
  const hash = String(execFileSync('python3', ['-c', nameByPython], { input })).trim();
  const folder = join(home, '.aws', 'cli', 'cache');
  await mkdir(folder, { recursive: true });
  const Expiration = new Date(Date.now() + expiresInMs).toISOString().replace('Z', '+00:00');
  const Credentials = { AccessKeyId: key, SecretAccessKey: 's', SessionToken: 't', Expiration };
  await writeFile(join(folder, `${hash}.json`), JSON.stringify({ Credentials }));
}

const ofMesh = {
  RoleArn: role('mesh'),
  ExternalId: 'mesh',
  RoleSessionName: 'isthmus',
  DurationSeconds: 900,
};
const ofGate = { RoleArn: role('gate'), SerialNumber: device };

/** By modules of this test alone. */
async function modules() {
  const { credentialsOf } = await import('../../../src/aws/credentials.ts');
  const { signInWithCode } = await import('../../../src/aws/second-factor.ts');
  const keyOf = async (profile: string) =>
    (await (await credentialsOf({ region: 'eu-west-1', profile }))()).accessKeyId;
  return { keyOf, credentialsOf, signInWithCode };
}

test('the session that the aws CLI keeps of a role counts, also where only its source wants the code', async () => {
  await keepByCli(ofMesh, 'ASIAOFTHECLI');
  const { keyOf } = await modules();
  expect(await keyOf('mesh')).toBe('ASIAOFTHECLI');
  expect(asked).toEqual([]);
});

test('else the role is assumed by the session that it keeps of the source, as the profile wants it', async () => {
  await keepByCli(ofMesh, 'ASIAENDED', 5000);
  await keepByCli(ofGate, 'ASIAOFTHEGATE');
  const { credentialsOf, keyOf } = await modules();
  const source = await credentialsOf({ region: 'eu-west-1', profile: 'mesh' });
  expect(await source()).toMatchObject({ accessKeyId: 'ASIAFROMSTS-mesh', sessionToken: 't' });
  expect(await source()).toMatchObject({ accessKeyId: 'ASIAFROMSTS-mesh' });
  expect(asked).toMatchObject([{ key: 'ASIAOFTHEGATE', role: 'mesh', region: 'eu-central-1', code: null }]);
  const { form } = asked[0] as Asked;
  expect(
    ['ExternalId', 'RoleSessionName', 'DurationSeconds', 'SerialNumber'].map((name) => form.get(name)),
  ).toEqual(['mesh', 'isthmus', '900', null]);
  expect(await keyOf('gate')).toBe('ASIAOFTHEGATE');
});

test('one code for the source serves every role that has it', async () => {
  const { keyOf, signInWithCode } = await modules();
  const devices: object[] = [];
  const code = async (factor: object) => {
    devices.push(factor);
    return '123456';
  };
  for (const profile of ['mesh', 'other', 'mesh'])
    await signInWithCode({ region: 'eu-west-1', profile }, code);
  expect(devices).toEqual([{ profile: 'gate', device }]);
  expect([await keyOf('mesh'), await keyOf('other')]).toEqual(['ASIAFROMSTS-mesh', 'ASIAFROMSTS-other']);
  expect(asked.map(({ key, role: name, code: shown }) => [key, name, shown])).toEqual([
    ['AKIAOFANNA', 'gate', '123456'],
    ['ASIAFROMSTS-gate', 'mesh', null],
    ['ASIAFROMSTS-gate', 'other', null],
  ]);
});

test('a role that wants a code of its own is not had by its source’s session alone', async () => {
  await keepByCli(ofGate, 'ASIAOFTHEGATE');
  const { keyOf, signInWithCode } = await modules();
  await expect(keyOf('vault')).rejects.toThrow('Profile vault requires multi-factor authentication');
  expect(asked).toEqual([]);
  await signInWithCode({ region: 'eu-west-1', profile: 'vault' }, async () => '123456');
  expect(await keyOf('vault')).toBe('ASIAFROMSTS-vault');
  expect(asked).toMatchObject([{ key: 'ASIAOFTHEGATE', role: 'vault', code: '123456' }]);
});

test('nobody is asked for a code that nothing wants, and what the aws CLI keeps then is left to it', async () => {
  await keepByCli({ RoleArn: role('plain') }, 'ASIAOFTHECLI');
  const { keyOf, signInWithCode } = await modules();
  for (const profile of ['plain', 'by-keys'])
    await signInWithCode({ region: 'eu-west-1', profile }, async () => {
      throw new Error('asked');
    });
  expect(await keyOf('plain')).toBe('ASIAFROMSTS-plain');
  expect(await keyOf('by-keys')).toBe('ASIAFROMSTS-by-keys');
  expect(asked.map(({ key, role: name }) => [key, name])).toEqual([
    ['AKIAOFANNA', 'plain'],
    ['AKIAKEYED', 'by-keys'],
  ]);
});

test('without a session it says which profile wants the code', async () => {
  const { keyOf } = await modules();
  await expect(keyOf('mesh')).rejects.toThrow('Profile gate requires multi-factor authentication');
});

test('AWS_DEFAULT_PROFILE names a profile as well, and goes before AWS_PROFILE', async () => {
  vi.stubEnv('AWS_PROFILE', 'gate');
  vi.stubEnv('AWS_DEFAULT_PROFILE', 'anna');
  const { credentialsOf } = await modules();
  const source = await credentialsOf({ region: 'eu-west-1', profile: undefined });
  expect(await source()).toMatchObject({ accessKeyId: 'AKIAOFANNA' });
});

test('a default profile that is named is taken, whatever AWS_PROFILE says', async () => {
  const own = '[default]\naws_access_key_id = AKIAOFDEFAULT\naws_secret_access_key = planted-default-key\n';
  await writeFile(join(home, 'config'), own + config);
  vi.stubEnv('AWS_DEFAULT_PROFILE', 'default');
  vi.stubEnv('AWS_PROFILE', 'anna');
  const { credentialsOf } = await modules();
  const source = await credentialsOf({ region: 'eu-west-1', profile: undefined });
  expect(await source()).toMatchObject({ accessKeyId: 'AKIAOFDEFAULT' });
});
