import { afterAll, beforeAll, expect, it } from 'vitest';
import { isTakenBy } from '../../../../src/istio/remotes/ask-peer.ts';
import { plainConfiguration } from '../../../../src/kubernetes/index.ts';
import { createRoot, issueLeaf } from '../../../../src/pki/index.ts';
import type { MeshCluster } from '../../../../src/provider/index.ts';
import { FakeApiServer } from '../../../fakes/api-server.ts';

const root = await createRoot({ subject: 'peer', algorithm: 'ecdsa-p256', years: 1 });
const leaf = (usage: 'server' | 'client') =>
  issueLeaf({ issuer: root, commonName: usage, usages: [usage], ipAddresses: ['127.0.0.1'], days: 1 });
const base64 = (pem: string) => Buffer.from(pem).toString('base64');
const signal = new AbortController().signal;

let server: FakeApiServer;
let target: MeshCluster;
/** An API server that lets nobody in without a certificate of its own authority. */
beforeAll(async () => {
  const { certificatePem: cert, keyPem: key } = await leaf('server');
  const tls = { cert, key, ca: root.certificatePem, requestCert: true, rejectUnauthorized: true };
  server = await FakeApiServer.start({ tls });
  const cluster = {
    name: 'peer',
    server: `https://127.0.0.1:${server.port}`,
    caData: base64(root.certificatePem),
  };
  const config = plainConfiguration(cluster, { name: 'admin' });
  const connection = {
    cluster: 'peer',
    config,
    apiServerForPeers: cluster.server,
    certificateAuthority: undefined,
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
