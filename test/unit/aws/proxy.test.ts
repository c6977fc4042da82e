import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { AwsAccount } from '../../../src/aws/account.ts';
import { credentialsOf } from '../../../src/aws/credentials.ts';
import { awsProxy } from '../../../src/aws/environment-proxy.ts';
import { toolkitFor } from '../../../src/eks/stack/toolkit.ts';
import { withPlaceholder } from '../../../src/eks/template/placeholder.ts';
import { createRoot, issueLeaf } from '../../../src/pki/index.ts';
import { silentReporter, span } from '../../../src/report/index.ts';

/** What the proxy was asked for, `host:port authorization`. */
let asked: string[] = [];
/** What came to AWS, `host user-agent`; no name of AWS leads there but by the proxy. */
let arrived: string[] = [];
let folder = '';
let aws: https.Server;
let proxy: http.Server;
/** As AWS, by the address of this machine. */
let own: https.Server;
const portOf = (one: https.Server | http.Server) => (one.address() as AddressInfo).port;
const credentials = async () => ({ accessKeyId: 'planted', secretAccessKey: 'planted' });
const target = { region: 'eu-west-1', profile: undefined };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aws-proxy-'));
  const issuer = await createRoot({ algorithm: 'ecdsa-p256', years: 1 });
  await writeFile(join(folder, 'bundle.pem'), issuer.certificatePem);
  const dnsNames = ['*.eu-west-1.amazonaws.com', '*.us-east-1.amazonaws.com'];
  const { certificatePem, keyPem } = await issueLeaf({
    issuer,
    days: 1,
    dnsNames,
    commonName: 'aws',
    usages: ['server'],
  });
  const local = {
    issuer,
    days: 1,
    ipAddresses: ['127.0.0.1'],
    commonName: 'own',
    usages: ['server'],
  } as const;
  const served = await issueLeaf(local);
  const answer: http.RequestListener = (request, response) => {
    arrived.push(`${request.headers.host} ${request.headers['user-agent']}`);
    const error = '<Error><Type>Sender</Type><Code>Planted</Code><Message>no</Message></Error>';
    response.writeHead(400).end(`<ErrorResponse>${error}</ErrorResponse>`);
  };
  aws = https.createServer({ cert: certificatePem, key: keyPem }, answer);
  own = https.createServer({ cert: served.certificatePem, key: served.keyPem }, answer);
  proxy = http.createServer().on('connect', (request, client) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    const upstream = connect(portOf(aws), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    for (const one of [client, upstream]) one.on('error', () => upstream.destroy());
  });
  for (const one of [aws, own, proxy]) await new Promise<void>((done) => one.listen(0, '127.0.0.1', done));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  aws.closeAllConnections();
  aws.close();
  own.closeAllConnections();
  own.close();
  proxy.close();
  await rm(folder, { recursive: true });
});

beforeEach(() => {
  vi.unstubAllEnvs();
  asked = [];
  arrived = [];
  for (const name of ['AWS_PROFILE', 'AWS_ENDPOINT_URL', 'NO_PROXY', 'no_proxy', 'https_proxy', 'http_proxy'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CA_BUNDLE', join(folder, 'bundle.pem'));
  vi.stubEnv('HTTPS_PROXY', `http://user:pass%20word@127.0.0.1:${portOf(proxy)}`);
});

const basic = `Basic ${Buffer.from('user:pass word').toString('base64')}`;

const calls = {
  cloudformation: async (one: AwsAccount) => (await one.cloudFormation()).config,
  eks: async (one: AwsAccount) => (await one.eks()).config,
  ec2: async (one: AwsAccount) => (await one.ec2()).config,
  elasticloadbalancing: async (one: AwsAccount) => (await one.loadBalancing()).config,
  logs: async (one: AwsAccount) => (await one.logs()).config,
  kms: async (one: AwsAccount) => (await one.kms()).config,
  'acm-pca': async (one: AwsAccount) => (await one.privateCa()).config,
};

test.each(Object.entries(calls))(
  'the client of %s goes by the proxy of the environment',
  async (service, of) => {
    const { requestHandler } = await of(new AwsAccount(target, { credentials }));
    const hostname = `${service}.eu-west-1.amazonaws.com`;
    const { HttpRequest } = await import('@smithy/core/protocols');
    const request = new HttpRequest({ protocol: 'https:', hostname, method: 'GET', path: '/' });
    const { response } = await requestHandler.handle(request as never);
    expect(response.statusCode).toBe(400);
    expect(asked).toEqual([`${hostname}:443 ${basic}`]);
  },
);

test('a question of the SDK, and one of toolkit-lib, arrive through it', async () => {
  const account = new AwsAccount(target, { credentials });
  await expect(account.identity()).rejects.toThrow('Planted');
  expect(asked).toEqual([`sts.eu-west-1.amazonaws.com:443 ${basic}`]);
  arrived = [];
  await withPlaceholder({ stack: 'gone', region: 'eu-west-1' }, async (directory) => {
    await span(silentReporter, { title: 'removing' }, async (handle) => {
      const toolkit = await toolkitFor(account, handle);
      const gone = toolkit.destroy(await toolkit.fromAssemblyDirectory(directory), {});
      await expect(gone).rejects.toThrow();
    });
  });
  expect(arrived.length).toBeGreaterThan(0);
  for (const one of arrived) expect(one).toMatch(/^(sts|cloudformation)\.eu-west-1\.amazonaws\.com .*cdk/i);
}, 60_000);

test('the role of a profile is assumed through it', async () => {
  const config = `[profile ops]\nrole_arn = arn:aws:iam::111122223333:role/ops\ncredential_source = Environment\n`;
  await writeFile(join(folder, 'config'), config);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'planted');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'planted');
  const source = await credentialsOf({ ...target, profile: 'ops' });
  await expect(source()).rejects.toThrow('no');
  expect(arrived).toEqual([expect.stringContaining('sts.eu-west-1.amazonaws.com')]);
});

test('what NO_PROXY names is reached directly', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', `https://localhost:${portOf(aws)}`);
  vi.stubEnv('NO_PROXY', 'amazonaws.com, localhost');
  const failure = await new AwsAccount(target, { credentials }).identity().catch(String);
  // Arrived, and its certificate is for other names.
  expect(failure).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
  expect(asked).toEqual([]);
}, 60_000);

/** Its certificate is of the bundle's authority, its name is not asked for. */
async function identityBy(settings: Record<string, string | undefined>, profile?: string): Promise<string> {
  vi.stubEnv('HTTPS_PROXY', undefined);
  vi.stubEnv('AWS_CA_BUNDLE', undefined);
  vi.stubEnv('AWS_ENDPOINT_URL', `https://127.0.0.1:${portOf(own)}`);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'bundles'));
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value && join(folder, value));
  return new AwsAccount({ ...target, profile }, { credentials }).identity().catch(String) as Promise<string>;
}

const trusted = expect.stringContaining('Planted');
const untrusted = expect.stringMatching(/UNABLE_TO_VERIFY|self.signed|unable to/i);

test('authorities are those of AWS_CA_BUNDLE, of the profile, and of REQUESTS_CA_BUNDLE, in this order', async () => {
  const bundle = join(folder, 'bundle.pem');
  const other = join(folder, 'other.pem');
  await writeFile(other, (await createRoot({ algorithm: 'ecdsa-p256', years: 1 })).certificatePem);
  const profiles = `[default]\nca_bundle = ${bundle}\n[profile bad]\nca_bundle = ${other}\n[profile none]\nregion = a\n`;
  await writeFile(join(folder, 'bundles'), profiles);
  expect(await identityBy({})).toEqual(trusted);
  expect(await identityBy({}, 'bad')).toEqual(untrusted);
  expect(await identityBy({}, 'none')).toEqual(untrusted);
  expect(await identityBy({ REQUESTS_CA_BUNDLE: 'bundle.pem' }, 'none')).toEqual(trusted);
  expect(await identityBy({ REQUESTS_CA_BUNDLE: 'bundle.pem' }, 'bad')).toEqual(untrusted);
  expect(await identityBy({ AWS_CA_BUNDLE: 'bundle.pem' }, 'bad')).toEqual(trusted);
  expect(await identityBy({ AWS_CA_BUNDLE: 'other.pem' })).toEqual(untrusted);
}, 60_000);

test('a bundle of a profile that is not there is told by its profile', async () => {
  await writeFile(join(folder, 'bundles'), '[profile gone]\nca_bundle = /absent/bundle.pem\n');
  expect(await identityBy({}, 'gone')).toContain(
    'ca_bundle of AWS profile gone /absent/bundle.pem cannot be read',
  );
});

test('an authority bundle that is not there is told by its name', async () => {
  vi.stubEnv('AWS_CA_BUNDLE', join(folder, 'absent.pem'));
  await expect(new AwsAccount(target, { credentials }).identity()).rejects.toMatchObject({
    code: 'AWS_REFUSED',
    message: expect.stringContaining('absent.pem'),
    hint: expect.stringContaining('AWS_CA_BUNDLE'),
  });
});

const addresses = [
  'https://eks.eu-west-1.amazonaws.com/',
  'https://eks.eu-west-1.amazonaws.com:8443/',
  'http://169.254.169.254/latest',
  'https://localhost:5000/',
  'https://[::1]:5000/',
];
const environments: Record<string, string>[] = [
  {},
  { HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:1' },
  { HTTPS_PROXY: 'http://upper:1', https_proxy: '' },
  { HTTPS_PROXY: 'upper:1', HTTP_PROXY: '//plain:2' },
  { HTTP_PROXY: 'http://plain:2', REQUEST_METHOD: 'GET' },
  { http_proxy: 'http://plain:2', REQUEST_METHOD: 'GET' },
  { ALL_PROXY: 'http://all:1' },
  ...['amazonaws.com', '.amazonaws.com', '*.amazonaws.com', 'aws.com', 'EU-WEST-1.amazonaws.com', '*'].map(
    (list) => ({
      HTTPS_PROXY: 'http://upper:1',
      NO_PROXY: list,
    }),
  ),
  ...[
    'x.example, 169.254.169.254',
    '169.254.0.0/16',
    'localhost,',
    '[::1]',
    '*,x',
    'eks.eu-west-1.amazonaws.com:8443',
  ].map((list) => ({ HTTPS_PROXY: 'http://upper:1', HTTP_PROXY: 'http://plain:2', no_proxy: list })),
  { HTTPS_PROXY: 'http://upper:1', NO_PROXY: '*', no_proxy: '' },
];

/** botocore's get_environ_proxies, of which this is all. */
const oracle = `
import json, sys, urllib.request as r
from urllib.parse import urlparse
def proxy(url):
    parsed = urlparse(url)
    return None if r.proxy_bypass(parsed.netloc) else r.getproxies().get(parsed.scheme)
print(json.dumps([proxy(url) for url in json.load(sys.stdin)]))
`;

test.each(environments.map((env) => [JSON.stringify(env), env] as const))(
  'as Python has it: %s',
  (_, env) => {
    const answer = execFileSync('python3', ['-c', oracle], { env, input: JSON.stringify(addresses) });
    const told = (JSON.parse(String(answer)) as (string | null)[]).map(withScheme);
    expect(addresses.map((one) => awsProxy(one, env) ?? null)).toEqual(told);
  },
);

/** What botocore's ProxyConfiguration makes of an answer. */
function withScheme(proxy: string | null): string | null {
  if (!proxy || /^https?:/.test(proxy)) return proxy;
  return proxy.startsWith('//') ? `http:${proxy}` : `http://${proxy}`;
}
