import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { Credentials } from '../../../../src/kubernetes/client/credentials.ts';
import {
  connectionAs,
  connectionFromKubeconfig,
  standaloneKubeconfig,
  Transport,
} from '../../../../src/kubernetes/index.ts';
import { silentReporter } from '../../../../src/report/index.ts';
import { ensureToolchain } from '../../../../src/toolchain/index.ts';
import { type OracleBed, oracleBed } from './bed.ts';
import { both, bothOnTerminals, type Case, outcomeOf, prepared } from './case.ts';
import { refused } from './refused.ts';
import { answering, exec, sent, sentOnTerminal, v1 } from './sent.ts';

let bed: OracleBed;
let kubectl = '';

beforeAll(async () => {
  bed = await oracleBed();
  const signal = new AbortController().signal;
  const { bin } = await ensureToolchain({ reporter: silentReporter, signal, only: ['kubectl'] });
  kubectl = join(bin, 'kubectl');
}, 300_000);
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});
afterAll(() => bed.close());

test.each(Object.entries(sent))(
  'as kubectl, isthmus sends %s',
  async (_, one) => {
    const [theirs, ours] = await both(bed, kubectl, one);
    expect(theirs.error).toBeUndefined();
    expect(theirs.sight).toBeDefined();
    expect(ours).toEqual(theirs);
  },
  60_000,
);

test.each(Object.entries(sentOnTerminal))(
  'as kubectl on a terminal, isthmus sends %s',
  async (_, one) => {
    const [theirs, ours] = await bothOnTerminals(bed, { kubectl, answers: [['code: ', '1234\n']] }, one);
    expect(theirs.error).toBeUndefined();
    expect(theirs.sight?.headers['authorization']).toBeDefined();
    expect(ours).toEqual(theirs);
  },
  120_000,
);

test('a plugin that wants a terminal is refused without one for the reason that kubectl names', async () => {
  const one: Case = { user: { exec: { ...exec, interactiveMode: 'Always' } } };
  const [theirs, ours] = await both(bed, kubectl, one);
  const reason = 'standard input is not a terminal';
  expect([String(theirs.error), String(ours.error)]).toEqual([
    expect.stringContaining(reason),
    expect.stringContaining(reason),
  ]);
}, 60_000);

test.each(Object.entries(refused))(
  'as kubectl, isthmus refuses %s',
  async (_, one) => {
    const [theirs, ours] = await both(bed, kubectl, one);
    expect(theirs).toMatchObject({ error: expect.anything(), sight: undefined });
    // It would ask for a name and a password where it has none, which proves nothing of the entry.
    expect(String(theirs.error)).not.toMatch(/EOF|Username/);
    expect(ours).toMatchObject({ sight: undefined, proxied: theirs.proxied });
    expect(ours.error).toMatchObject({
      code: expect.stringMatching(/^(KUBECONFIG_INVALID|CONTEXT_UNKNOWN|CLUSTER_UNREACHABLE|TOOL_MISSING)$/),
      hint: expect.stringMatching(/\w/),
    });
  },
  60_000,
);

const refusals: [string, Case, string][] = [
  [
    'groups of nobody',
    { user: { token: 't', 'as-groups': ['a'] } },
    'user u in MAIN has as-groups without as',
  ],
  [
    'a wrong type, without its value',
    { user: { token: 12345 } },
    'MAIN is not a kubeconfig: token of user u is a number where text is wanted',
  ],
  [
    'a wrong type in an entry without a name',
    { also: { users: [{ user: { exec: 'aws' } }] } },
    'MAIN is not a kubeconfig: exec of user 2 of users is text where a map is wanted',
  ],
  ['another version', { file: { apiVersion: 'v2' } }, 'MAIN is not a kubeconfig: apiVersion is not v1'],
  [
    'what is no base64',
    { user: { 'client-key-data': '%' } },
    'MAIN is not a kubeconfig: client-key-data of user u is not base64',
  ],
  [
    'a CA without a certificate',
    { cluster: { 'certificate-authority': 'no-pem' } },
    'cluster c in MAIN has a certificate authority without a certificate in PEM',
  ],
  [
    'the key of another certificate',
    { user: { 'client-certificate': 'crt', 'client-key': 'other-key' } },
    'user u in MAIN has a client certificate and key that cannot be used: ',
  ],
  [
    'a provider of old',
    { user: { 'auth-provider': { name: 'gcp' } } },
    'user u in MAIN has auth-provider gcp, which kubectl gave up for the exec plugin gke-gcloud-auth-plugin',
  ],
  [
    'an OIDC token that ended',
    {
      user: {
        'auth-provider': {
          name: 'oidc',
          config: { 'idp-issuer-url': '{server}', 'client-id': 'me', 'id-token': '{oldIdToken}' },
        },
      },
    },
    'east: user u in MAIN has an ID token that has ended, and no refresh token',
  ],
  [
    'a server',
    { cluster: { server: 'ftp://a' } },
    'cluster c in MAIN has a server ftp://a, which is no address',
  ],
];

test.each(refusals)(
  'the refusal names file and entry: %s',
  async (_, one, words) => {
    const [, { error }] = await both(bed, kubectl, one);
    const message = (error as Error).message;
    expect(message).toContain(words.replace('MAIN', join(bed.folder, 'main')));
    expect(message).not.toContain('12345');
  },
  60_000,
);

test('without a user, the CA of the cluster holds, and nobody is named', async () => {
  const [, { sight, error }] = await both(bed, kubectl, { context: { cluster: 'c' } });
  expect(error).toBeUndefined();
  expect(sight).toMatchObject({ headers: {}, certificate: '' });
}, 60_000);

test('a user that is not there is refused, where kubectl asks at the terminal who one is', async () => {
  const [, { error }] = await both(bed, kubectl, { context: { cluster: 'c', user: 'absent' } });
  expect(error).toMatchObject({
    code: 'KUBECONFIG_INVALID',
    message: expect.stringContaining(`context x in ${join(bed.folder, 'main')} names user absent`),
  });
}, 60_000);

/** isthmus's connection by a case, with its environment in force until the test ends. */
async function connected(one: Case) {
  for (const [name, value] of Object.entries(await prepared(bed, one))) vi.stubEnv(name, value);
  return connectionFromKubeconfig({ cluster: 'east', context: 'x' });
}

test.each(['proxy', 'tlsProxy', 'socks'])(
  'another token goes by the environment’s %s as well',
  async (word) => {
    const found = await connected({
      cluster: { server: 'https://api.test:7443' },
      env: { HTTPS_PROXY: `{${word}}` },
    });
    const { sight, error, proxied } = await outcomeOf(bed, async () => {
      const transport = new Transport('east', new Credentials(connectionAs(found, { token: 'another' })));
      await transport.send({ method: 'GET', path: '/version', once: true });
    });
    expect(error).toBeUndefined();
    expect(proxied).toHaveLength(1);
    expect(sight?.headers).toEqual({ authorization: ['Bearer another'] });
  },
);

const tokenOf = async (credentials: Credentials) =>
  String((await credentials.access()).headers['Authorization']);

test('a token file that changes is read again once the API server no longer takes its token', async () => {
  await writeFile(join(bed.folder, 'rotated'), 'first');
  const credentials = new Credentials(await connected({ user: { tokenFile: 'rotated' } }));
  expect(await tokenOf(credentials)).toBe('Bearer first');
  await writeFile(join(bed.folder, 'rotated'), 'second');
  credentials.forget();
  expect(await tokenOf(credentials)).toBe('Bearer second');
});

test('a token file that changes is read again after a minute, although its token is still taken', async () => {
  await writeFile(join(bed.folder, 'hourly'), 'first');
  vi.useFakeTimers({ toFake: ['Date'] });
  const credentials = new Credentials(await connected({ user: { tokenFile: 'hourly' } }));
  expect(await tokenOf(credentials)).toBe('Bearer first');
  await writeFile(join(bed.folder, 'hourly'), 'second');
  vi.advanceTimersByTime(60_000);
  expect(await tokenOf(credentials)).toBe('Bearer first');
  vi.advanceTimersByTime(1);
  expect(await tokenOf(credentials)).toBe('Bearer second');
});

/** Counts its runs, and answers with their number. */
const counting = (end: string) => `#!/bin/sh
echo run >> ${join(bed.folder, 'runs')}
printf '{"kind":"ExecCredential","apiVersion":"${v1}","status":{"token":"run-%s"${end}}}' $(wc -l < ${join(bed.folder, 'runs')})
`;

async function countingPlugin(name: string, end = ''): Promise<Case> {
  await writeFile(join(bed.folder, 'runs'), '');
  await writeFile(join(bed.folder, name), counting(end), { mode: 0o700 });
  return { user: { exec: { ...exec, command: `./${name}` } } };
}

test('a plugin is run once for all that ask it the same, until its answer is not accepted', async () => {
  const one = await countingPlugin('lasting');
  const [first, second] = [new Credentials(await connected(one)), new Credentials(await connected(one))];
  expect(await Promise.all([tokenOf(first), tokenOf(second)])).toEqual(['Bearer run-1', 'Bearer run-1']);
  first.forget();
  expect(await tokenOf(first)).toBe('Bearer run-2');
  // Its own answer is older than the one that is known by now.
  second.forget();
  expect(await tokenOf(second)).toBe('Bearer run-2');
});

test('a plugin is asked again once its answer has ended by its own words', async () => {
  const past = ',"expirationTimestamp":"2020-01-01T00:00:00Z"';
  const credentials = new Credentials(await connected(await countingPlugin('ending', past)));
  expect(await tokenOf(credentials)).toBe('Bearer run-1');
  expect(await tokenOf(credentials)).toBe('Bearer run-2');
  const future = new Date(Date.now() + 3_600_000).toISOString();
  const lasting = new Credentials(
    await connected(await countingPlugin('staying', `,"expirationTimestamp":"${future}"`)),
  );
  expect(await tokenOf(lasting)).toBe('Bearer run-1');
  expect(await tokenOf(lasting)).toBe('Bearer run-1');
});

test('a hint for a plugin that is not there has nothing that a terminal obeys', async () => {
  const plugin = { ...exec, command: './absent', installHint: 'get \u001b[31mit\u001b[0m\nthere' };
  const connection = await connected({ user: { exec: plugin } });
  await expect(new Credentials(connection).access()).rejects.toMatchObject({
    code: 'TOOL_MISSING',
    hint: 'get [31mit[0m\nthere',
  });
});

test('a failing plugin’s words are not repeated', async () => {
  const connection = await connected({
    user: { exec: answering({ token: 'planted-token' }, { kind: 'Pod' }) },
  });
  const failure = await new Credentials(connection).access().catch((error: unknown) => error);
  expect(JSON.stringify(failure) + String(failure)).not.toContain('planted-token');
});

test('OIDC tokens that were renewed stand in the kubeconfig, as the provider takes each but once', async () => {
  const config = {
    'idp-issuer-url': '{server}',
    'client-id': 'me',
    'idp-certificate-authority-data': '{ca}',
    'id-token': '{oldIdToken}',
    'refresh-token': 'first',
  };
  const connection = await connected({ user: { 'auth-provider': { name: 'oidc', config } } });
  const credentials = [new Credentials(connection), new Credentials(connection)];
  const [one, other] = await Promise.all(credentials.map(tokenOf));
  expect(one).toBe(other);
  const kept = await readFile(join(bed.folder, 'main'), 'utf8');
  expect(kept).toContain('refresh-token: second');
  expect(kept).toMatch(new RegExp(`id-token: "?${one?.replace('Bearer ', '')}`));
});

test('a user of a token file is written with the file, not with what it held', async () => {
  const connection = await connected({ user: { tokenFile: 'token' } });
  const { users } = parse(standaloneKubeconfig([connection])) as { users: unknown };
  expect(users).toEqual([{ name: 'east', user: { tokenFile: join(bed.folder, 'token') } }]);
});

test('what a cluster has for its users’ plugins goes along where its context is written', async () => {
  const connection = await connected({
    cluster: {
      'disable-compression': true,
      extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }],
    },
    user: { exec },
  });
  const written = standaloneKubeconfig([connection]);
  expect(written).toMatch(/disable-compression: true/);
  expect(written).toMatch(/name: client.authentication.k8s.io\/exec\n\s+extension:\n\s+audience: x/);
});
