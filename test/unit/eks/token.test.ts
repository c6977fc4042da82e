import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { eksToken, execCredential, execEntry } from '../../../src/eks/index.ts';

const planted = {
  accessKeyId: 'AKIAPLANTEDPLANTED00',
  secretAccessKey: 'planted-secret',
  sessionToken: 'planted-session',
};

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 2, 3, 4, 5), toFake: ['Date'] });
  vi.stubEnv('AWS_ENDPOINT_URL', undefined);
  vi.stubEnv('AWS_ENDPOINT_URL_STS', undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const urlOf = (token: string) =>
  new URL(Buffer.from(token.replace('k8s-aws-v1.', ''), 'base64url').toString('utf8'));

test('is a presigned GetCallerIdentity call for one cluster that lasts a quarter of an hour', async () => {
  const { token, expiresAt } = await eksToken({
    clusterName: 'isthmus-demo-east',
    region: 'eu-west-1',
    credentials: async () => planted,
  });
  expect(token).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
  const url = urlOf(token);
  expect(url.origin).toBe('https://sts.eu-west-1.amazonaws.com');
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    Action: 'GetCallerIdentity',
    Version: '2011-06-15',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Date': '20260102T030405Z',
    'X-Amz-Expires': '60',
    'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
    'X-Amz-Security-Token': 'planted-session',
    'X-Amz-Credential': 'AKIAPLANTEDPLANTED00/20260102/eu-west-1/sts/aws4_request',
  });
  expect(expiresAt).toEqual(new Date(Date.UTC(2026, 0, 2, 3, 18, 5)));
  expect(JSON.parse(execCredential({ token, expiresAt }))).toMatchObject({
    kind: 'ExecCredential',
    status: { token, expirationTimestamp: '2026-01-02T03:18:05Z' },
  });
});

test('is bound to its cluster: another name has another signature', async () => {
  const of = async (clusterName: string) =>
    urlOf(
      (await eksToken({ clusterName, region: 'eu-west-1', credentials: async () => planted })).token,
    ).searchParams.get('X-Amz-Signature');
  expect(await of('one')).not.toBe(await of('two'));
});

test('uses the partition’s own STS, and the override when there is one', async () => {
  const of = async (region: string) =>
    urlOf((await eksToken({ clusterName: 'east', region, credentials: async () => planted })).token).origin;
  expect(await of('cn-north-1')).toBe('https://sts.cn-north-1.amazonaws.com.cn');
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:5000');
  expect(await of('eu-west-1')).toBe('http://127.0.0.1:5000');
});

test('is kept until a minute before its end, per identity', async () => {
  const credentials = vi.fn(async () => planted);
  const ask = (with_ = credentials) =>
    eksToken({ clusterName: 'kept', region: 'eu-west-1', credentials: with_ });
  const first = await ask();
  vi.setSystemTime(Date.UTC(2026, 0, 2, 3, 17, 0));
  expect(await ask()).toBe(first);
  vi.setSystemTime(Date.UTC(2026, 0, 2, 3, 17, 6));
  expect(await ask()).not.toBe(first);
  expect(credentials).toHaveBeenCalledTimes(2);
  const other = vi.fn(async () => ({ ...planted, accessKeyId: 'AKIAOTHER00000000000' }));
  await ask(other);
  expect(other).toHaveBeenCalledOnce();
});

test('ends no later than the credentials that signed it', async () => {
  const expiration = new Date(Date.UTC(2026, 0, 2, 3, 7, 0));
  const credentials = async () => ({ ...planted, expiration });
  const { expiresAt } = await eksToken({ clusterName: 'short', region: 'eu-west-1', credentials });
  expect(expiresAt).toEqual(expiration);
});

test('without credentials says so and names the way in, and tries again later', async () => {
  const credentials = vi.fn(async () => {
    throw Object.assign(new Error('Could not load credentials from any providers'), {
      name: 'CredentialsProviderError',
    });
  });
  const ask = () => eksToken({ clusterName: 'none', region: 'eu-west-1', credentials });
  await expect(ask()).rejects.toMatchObject({
    code: 'AWS_CREDENTIALS_MISSING',
    hint: expect.stringContaining('sso login'),
  });
  await expect(ask()).rejects.toMatchObject({ code: 'AWS_CREDENTIALS_MISSING' });
  expect(credentials).toHaveBeenCalledTimes(2);
});

test('kubeconfig entries run isthmus or the aws CLI with the cluster’s profile', () => {
  const common = { clusterName: 'isthmus-demo-east', region: 'eu-west-1', profile: 'ops' };
  expect(execEntry({ form: 'isthmus', ...common })).toMatchObject({
    command: 'isthmus',
    args: ['token', '--cluster', 'isthmus-demo-east', '--region', 'eu-west-1', '--profile', 'ops'],
  });
  expect(execEntry({ form: 'aws', ...common }).args).toEqual(
    '--region eu-west-1 eks get-token --cluster-name isthmus-demo-east --output json --profile ops'.split(
      ' ',
    ),
  );
});
