import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isTakenBy } from '../../../../src/istio/remotes/ask-peer.ts';
import { plainConfiguration } from '../../../../src/kubernetes/index.ts';
import { createRoot, issueLeaf } from '../../../../src/pki/index.ts';
import type { MeshCluster } from '../../../../src/provider/index.ts';
import { type Answer, FakeApiServer } from '../../../fakes/api-server.ts';

const root = await createRoot({ subject: 'peer', algorithm: 'ecdsa-p256', years: 1 });
const leaf = (usage: 'server' | 'client') =>
  issueLeaf({ issuer: root, commonName: usage, usages: [usage], ipAddresses: ['127.0.0.1'], days: 1 });
const base64 = (pem: string) => Buffer.from(pem).toString('base64');
const signal = new AbortController().signal;

/** What is answered to whoever asks for kube-system; the namespace without it. */
let refusal: Answer | undefined;
let server: FakeApiServer;
let target: MeshCluster;
/** An API server that lets nobody in without a certificate of its own authority. */
beforeAll(async () => {
  const { certificatePem: cert, keyPem: key } = await leaf('server');
  const tls = { cert, key, ca: root.certificatePem, requestCert: true, rejectUnauthorized: true };
  server = await FakeApiServer.start({
    tls,
    answer: ({ url }) => (url.endsWith('/kube-system') ? refusal : undefined),
  });
  const cluster = {
    name: 'peer',
    server: `https://127.0.0.1:${server.port}`,
    caData: base64(root.certificatePem),
  };
  const own = await leaf('client');
  const config = plainConfiguration(cluster, {
    name: 'admin',
    certData: base64(own.certificatePem),
    keyData: base64(own.keyPem),
  });
  const connection = {
    cluster: 'peer',
    config,
    apiServerForPeers: cluster.server,
    certificateAuthority: root.certificatePem,
  };
  target = { spec: { name: 'peer' }, kube: server.client(connection) } as unknown as MeshCluster;
});
afterAll(() => server.close());

async function certificate() {
  const { certificatePem, keyPem } = await leaf('client');
  const user = { 'client-certificate-data': base64(certificatePem), 'client-key-data': base64(keyPem) };
  return { kind: 'certificate' as const, certificate: certificatePem, user };
}

it('takes a client certificate by asking as whom it stands for', async () => {
  server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', uid: 'one' } });
  expect(await isTakenBy(target, await certificate(), { signal })).toBe(true);
});

it('does not take one that may not read namespaces', async () => {
  server.mode = 'forbidding';
  expect(await isTakenBy(target, await certificate(), { signal })).toBe(false);
  server.mode = 'healthy';
});

it('cannot try what istiod alone has', async () =>
  expect(await isTakenBy(target, { kind: 'elsewhere', what: 'token' }, { signal })).toBeUndefined());

describe('a client certificate that is refused', () => {
  const anonymous = 'namespaces "kube-system" is forbidden: User "system:anonymous" cannot get resource';
  const status = (code: number, message: string) => ({
    status: code,
    body: { kind: 'Status', code, message },
  });
  const told = (authority: string) =>
    server.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'kube-system', name: 'kube-root-ca.crt' },
      data: { 'ca.crt': authority },
    });
  afterEach(() => {
    refusal = undefined;
  });

  it.each([
    ['as nobody’s', 403, anonymous],
    ['without a word', 401, 'Unauthorized'],
  ])('%s is so where TLS goes to the API server itself alone', async (_how, code, message) => {
    refusal = status(code, message);
    told(root.certificatePem);
    expect(await isTakenBy(target, await certificate(), { signal })).toBe(false);
    // The authority that this machine verifies by is of something in front of it.
    const other = await createRoot({ subject: 'cluster', algorithm: 'ecdsa-p256', years: 1 });
    told(other.certificatePem);
    expect(await isTakenBy(target, await certificate(), { signal })).toBeUndefined();
  });

  it('by name has arrived, whatever is on the way', async () => {
    refusal = status(403, anonymous.replace('system:anonymous', 'reader'));
    expect(await isTakenBy(target, await certificate(), { signal })).toBe(false);
  });
});
