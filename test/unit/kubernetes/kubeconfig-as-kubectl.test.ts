import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { Credentials } from '../../../src/kubernetes/client/credentials.ts';
import { connectionFromKubeconfig, Transport } from '../../../src/kubernetes/index.ts';
import { connectionWithToken } from '../../../src/kubernetes/kubeconfig/with-token.ts';
import { createRoot, issueLeaf } from '../../../src/pki/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { ensureToolchain } from '../../../src/toolchain/index.ts';

/** What the API server got to see of a caller. */
interface Sight {
  readonly headers: Record<string, string | string[]>;
  /** Common name of the client's certificate; empty without one. */
  readonly certificate: string;
  readonly serverName: string | false;
  readonly proxied: readonly string[];
}

let folder = '';
let kubectl = '';
let server: https.Server;
let proxy: http.Server;
let seen: Sight | undefined;
let proxied: string[] = [];
const portOf = (one: https.Server | http.Server) => (one.address() as AddressInfo).port;

const plugin = `#!/bin/sh
info=$(printf %s "$KUBERNETES_EXEC_INFO" | base64 -w0)
echo '{"kind":"ExecCredential","apiVersion":"'\${ANSWER:-client.authentication.k8s.io/v1}'","status":{"token":"'$PLACE$info'"}}'
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'as-kubectl-'));
  const signal = new AbortController().signal;
  kubectl = join(
    (await ensureToolchain({ reporter: silentReporter, signal, only: ['kubectl'] })).bin,
    'kubectl',
  );
  const issuer = await createRoot({ algorithm: 'ecdsa-p256', years: 1 });
  const own = { issuer, days: 1, dnsNames: ['api.test'], ipAddresses: ['127.0.0.1'] };
  const serving = await issueLeaf({ ...own, commonName: 'api', usages: ['server'] });
  const client = await issueLeaf({ issuer, days: 1, commonName: 'caller', usages: ['client'] });
  const files = {
    ca: issuer.certificatePem,
    crt: client.certificatePem,
    key: client.keyPem,
    token: 'of-the-file\n',
    empty: '',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await writeFile(join(folder, 'plugin'), plugin, { mode: 0o700 });
  const tls = { cert: serving.certificatePem, key: serving.keyPem, ca: issuer.certificatePem };
  server = https.createServer(
    { ...tls, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      seen = {
        headers: tellingHeaders(request),
        certificate: String(socket.getPeerCertificate().subject?.CN ?? ''),
        serverName: socket.servername ?? false,
        proxied,
      };
      response.setHeader('Content-Type', 'application/json');
      response.end('{}');
    },
  );
  proxy = http.createServer().on('connect', (request, client) => {
    proxied = [String(request.headers['proxy-authorization'] ?? 'anonymous')];
    const upstream = connect(portOf(server), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    for (const one of [client, upstream]) one.on('error', () => upstream.destroy());
  });
  for (const one of [server, proxy]) await new Promise<void>((done) => one.listen(0, '127.0.0.1', done));
}, 300_000);
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  proxy.close();
  await rm(folder, { recursive: true });
});

function tellingHeaders({ headersDistinct }: http.IncomingMessage): Sight['headers'] {
  const telling = Object.entries(headersDistinct).filter(([name]) =>
    /^(authorization|impersonate-)/.test(name),
  );
  return Object.fromEntries(telling.map(([name, values]) => [name, (values ?? []).map(readable)]));
}

/** What the plugin was told, which it answers as its token, without regard to the order of its keys. */
function readable(value: string): string {
  const told = /^Bearer (told:)(\S+)$/.exec(value)?.[2];
  if (!told) return value;
  const sorted = (_: string, one: unknown) =>
    one && typeof one === 'object' && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort())
      : one;
  return JSON.stringify(JSON.parse(Buffer.from(told, 'base64').toString()), sorted);
}

type Fields = Readonly<Record<string, unknown>>;

interface Case {
  /** With a token by default, as kubectl asks at the terminal for a name and a password where it has nothing. */
  readonly user?: Fields;
  readonly cluster?: Fields;
  /** More files, by name, in the order of KUBECONFIG after or before the one that is asked for. */
  readonly before?: string | Fields;
  readonly after?: string | Fields;
  readonly also?: {
    readonly clusters?: unknown[];
    readonly users?: unknown[];
    readonly contexts?: unknown[];
  };
  readonly env?: Readonly<Record<string, string>>;
  readonly context?: Fields;
}

const v1 = 'client.authentication.k8s.io/v1';
const exec = {
  command: './plugin',
  apiVersion: v1,
  interactiveMode: 'Never',
  env: [{ name: 'PLACE', value: 'told:' }],
};
const sent: Readonly<Record<string, Case>> = {
  'a token': { user: { token: 'stated' } },
  'a token file by a relative path': { user: { tokenFile: 'token' } },
  'a token file before a token': { user: { tokenFile: 'token', token: 'stated' } },
  'a password': { user: { username: 'u', password: 'p:q' } },
  'a client certificate by relative paths': { user: { 'client-certificate': 'crt', 'client-key': 'key' } },
  'an impersonated user': { user: { token: 't', as: 'somebody' } },
  'impersonation in full': {
    user: {
      token: 't',
      as: 's',
      'as-uid': 'u-1',
      'as-groups': ['a', 'b'],
      'as-user-extra': { 'x.io/k y': ['1', '2'], 'K%': ['3'] },
    },
  },
  'a plugin by a relative path': { user: { exec } },
  'a plugin that is told of the cluster': {
    user: { exec: { ...exec, provideClusterInfo: true } },
    cluster: {
      'tls-server-name': 'api.test',
      extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }],
    },
  },
  'a plugin of v1beta1 without interactiveMode': {
    user: {
      exec: {
        command: './plugin',
        apiVersion: `${v1}beta1`,
        env: [
          { name: 'PLACE', value: 'told:' },
          { name: 'ANSWER', value: `${v1}beta1` },
        ],
      },
    },
  },
  'a token beside a plugin': { user: { exec, token: 'stated' } },
  'a server name': { cluster: { 'tls-server-name': 'api.test' } },
  'no verification': { cluster: { 'certificate-authority': undefined, 'insecure-skip-tls-verify': true } },
  'a proxy of the kubeconfig': { cluster: { 'proxy-url': 'PROXY' } },
  'a proxy of the environment': {
    cluster: { server: 'https://api.test:7443' },
    env: { HTTPS_PROXY: 'PROXY' },
  },
  'a proxy of the environment in small letters, with a password': {
    cluster: { server: 'https://api.test:7443' },
    env: { https_proxy: 'PROXYWITHPASSWORD' },
  },
  'no proxy to this machine': { env: { HTTPS_PROXY: 'PROXY' } },
  'an empty file before': { before: '', user: { token: 't' } },
  'an empty file after': { after: '', user: { token: 't' } },
  'half-written entries that nobody asked for': {
    user: { token: 't' },
    also: {
      clusters: [{ name: 'x', cluster: {} }],
      users: [{ name: 'x' }],
      contexts: [{ name: 'half', context: { cluster: '', user: '' } }],
    },
  },
  'a user that another file names as well': {
    user: { token: 't' },
    after: { users: [{ name: 'u', user: { token: 'other' } }] },
  },
  'a user that an earlier file names, whole': {
    user: { token: 't', as: 'other' },
    before: { users: [{ name: 'u', user: { token: 'earlier' } }] },
  },
};
const refused: Readonly<Record<string, Case>> = {
  'a CA as a file and as data': { cluster: { 'certificate-authority-data': 'YQ==' } },
  'a CA that is not there': { cluster: { 'certificate-authority': 'absent' } },
  'no verification beside a CA': { cluster: { 'insecure-skip-tls-verify': true } },
  'a proxy of an unknown kind': { cluster: { 'proxy-url': 'ftp://127.0.0.1:1' } },
  'a server name that the certificate has not': { cluster: { 'tls-server-name': 'other.test' } },
  'a certificate without a key': { user: { 'client-certificate': 'crt' } },
  'a certificate that is not there': { user: { 'client-certificate': 'absent', 'client-key': 'key' } },
  'a token and a password': { user: { token: 't', username: 'u', password: 'p' } },
  'groups of nobody': { user: { token: 't', 'as-groups': ['a'] } },
  'a plugin without a version': { user: { exec: { ...exec, apiVersion: undefined } } },
  'a plugin without interactiveMode': { user: { exec: { ...exec, interactiveMode: undefined } } },
  'a plugin that wants a terminal': { user: { exec: { ...exec, interactiveMode: 'Always' } } },
  'a plugin that is not there': { user: { exec: { ...exec, command: './absent', installHint: 'get it' } } },
  'a plugin that answers by another version': {
    user: { exec: { ...exec, env: [{ name: 'ANSWER', value: `${v1}beta1` }] } },
  },
  'a cluster that is not there': { context: { cluster: 'absent', user: 'u' } },
  'a host that NO_PROXY names': {
    cluster: { server: 'https://api.test:7443' },
    env: { HTTPS_PROXY: 'PROXY', NO_PROXY: 'other,.test' },
  },
  'a file that is no YAML': { after: 'clusters: [' },
  'a name that is there twice': { also: { users: [{ name: 'u', user: {} }] } },
};

test.each(Object.entries(sent))(
  'as kubectl, isthmus sends %s',
  async (_, one) => {
    const [theirs, ours] = await both(one);
    expect(theirs.error).toBeUndefined();
    expect(theirs.sight).toBeDefined();
    expect(ours).toEqual(theirs);
  },
  60_000,
);

test.each(Object.entries(refused))(
  'as kubectl, isthmus refuses %s',
  async (_, one) => {
    const [theirs, ours] = await both(one);
    expect(theirs).toMatchObject({ error: expect.anything(), sight: undefined });
    // It would ask for a name and a password where it has none, which proves nothing of the entry.
    expect(String(theirs.error)).not.toMatch(/EOF|Username/);
    expect(ours.sight).toBeUndefined();
    expect(ours.error).toMatchObject({
      code: expect.stringMatching(/^(KUBECONFIG_INVALID|CLUSTER_UNREACHABLE|TOOL_MISSING)$/),
    });
  },
  60_000,
);

test('without a user, the CA of the cluster holds, and nobody is named', async () => {
  const [, { sight, error }] = await both({ context: { cluster: 'c' } });
  expect(error).toBeUndefined();
  expect(sight).toMatchObject({ headers: {}, certificate: '' });
}, 60_000);

test('a user that is not there is refused, where kubectl asks at the terminal who one is', async () => {
  const [, { error }] = await both({ context: { cluster: 'c', user: 'absent' } });
  expect(error).toMatchObject({
    code: 'KUBECONFIG_INVALID',
    message: expect.stringContaining(`context x in ${join(folder, 'main')} names user absent`),
  });
}, 60_000);

test('another token goes by the proxy of the environment as well', async () => {
  const env = { HTTPS_PROXY: 'PROXY' };
  await both({ cluster: { server: 'https://api.test:7443' }, env });
  const found = await connectionFromKubeconfig({ cluster: 'east', context: 'x' });
  const { sight, error } = await outcomeOf(async () => {
    const transport = new Transport('east', new Credentials(connectionWithToken(found, 'another')));
    await transport.send({ method: 'GET', path: '/version', once: true });
  });
  expect(error).toBeUndefined();
  expect(sight).toMatchObject({ proxied: ['anonymous'], headers: { authorization: ['Bearer another'] } });
}, 60_000);

test('a refusal names the file and the entry', async () => {
  const [, { error }] = await both({ user: { token: 't', 'as-groups': ['a'] } });
  expect(error).toMatchObject({
    code: 'KUBECONFIG_INVALID',
    message: `user u in ${join(folder, 'main')} has as-groups without as`,
  });
}, 60_000);

test('a token file that changes is read again once the API server no longer takes its token', async () => {
  const rotated = join(folder, 'rotated');
  await writeFile(rotated, 'first');
  await both({ user: { tokenFile: 'rotated' } });
  const credentials = new Credentials(await connectionFromKubeconfig({ cluster: 'east', context: 'x' }));
  expect((await credentials.access()).headers['Authorization']).toBe('Bearer first');
  await writeFile(rotated, 'second');
  credentials.forget();
  expect((await credentials.access()).headers['Authorization']).toBe('Bearer second');
}, 60_000);

interface Outcome {
  readonly sight: Sight | undefined;
  readonly error: unknown;
}

/** What comes of the same files with kubectl, and with isthmus. */
async function both(one: Case): Promise<[Outcome, Outcome]> {
  const env: Record<string, string> = { ...(await write(one)), HOME: folder };
  const address = `http://127.0.0.1:${portOf(proxy)}`;
  for (const [name, value] of Object.entries(one.env ?? {}))
    env[name] = value
      .replace('PROXYWITHPASSWORD', address.replace('//', '//me:pw@'))
      .replace('PROXY', address);
  const args = ['--context', 'x', 'get', '--raw', '/version', '--request-timeout=10s'];
  const theirs = await outcomeOf(() => execa(kubectl, args, { env, stdin: 'ignore', cwd: folder }));
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const ours = await outcomeOf(async () => {
    const connection = await connectionFromKubeconfig({ cluster: 'east', context: 'x' });
    const transport = new Transport('east', new Credentials(connection));
    await transport.send({ method: 'GET', path: '/version', once: true });
  });
  return [theirs, ours];
}

async function outcomeOf(act: () => PromiseLike<unknown>): Promise<Outcome> {
  [seen, proxied] = [undefined, []];
  try {
    await act();
    return { sight: seen, error: undefined };
  } catch (error) {
    return { sight: seen, error };
  }
}

async function write({ user, cluster, before, after, also, context }: Case): Promise<{ KUBECONFIG: string }> {
  const proxyUrl = (cluster?.['proxy-url'] as string | undefined)?.replace(
    'PROXY',
    `http://127.0.0.1:${portOf(proxy)}`,
  );
  const own = {
    server: `https://127.0.0.1:${portOf(server)}`,
    'certificate-authority': 'ca',
    ...cluster,
    'proxy-url': proxyUrl,
  };
  const main = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: own }, ...(also?.clusters ?? [])],
    users: [{ name: 'u', user: user ?? { token: 't' } }, ...(also?.users ?? [])],
    contexts: [{ name: 'x', context: context ?? { cluster: 'c', user: 'u' } }, ...(also?.contexts ?? [])],
  };
  const files = { before, main, after };
  const written = Object.entries(files).filter(([, content]) => content !== undefined);
  for (const [name, content] of written)
    await writeFile(join(folder, name), typeof content === 'string' ? content : stringify(content));
  return { KUBECONFIG: written.map(([name]) => join(folder, name)).join(delimiter) };
}
