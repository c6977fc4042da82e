import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acceptedRoots, sourceFindings } from '../../../src/checks/trust/parts/authority-trust.ts';
import { type AuthoritySource, authoritySource } from '../../../src/istio/index.ts';
import { createRoot, inspect, issueIntermediate, parseBundle } from '../../../src/pki/index.ts';
import type { MeshCluster } from '../../../src/provider/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';
import { clusterSpec } from '../istio/fixtures.ts';

const root = await createRoot({ subject: 'A', algorithm: 'ecdsa-p256', years: 10 });
const other = await createRoot({ subject: 'B', algorithm: 'ecdsa-p256', years: 10 });
const intermediate = await issueIntermediate({
  root,
  cluster: 'a',
  meshName: 'demo',
  days: 365,
  algorithm: 'ecdsa-p256',
  trustDomain: 'cluster.local',
});

let server: FakeApiServer;
beforeEach(async () => {
  server = await FakeApiServer.start({ name: 'a' });
});
afterEach(() => server.close());

const encode = (data: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );

/** A cluster with these Secrets, whose istiod has this environment. */
async function sourceOf(secrets: Record<string, Record<string, string>>, env: Record<string, string> = {}) {
  const system = (kind: string, name: string) => ({
    apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1',
    kind,
    metadata: { namespace: 'istio-system', name, labels: { app: 'istiod' } },
  });
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  const containers = [{ name: 'discovery', env: variables }];
  server.put({ ...system('Deployment', 'istiod'), spec: { template: { spec: { containers } } } });
  server.put({
    ...system('ConfigMap', 'istio-ca-root-cert'),
    data: { 'root-cert.pem': root.certificatePem },
  });
  for (const [name, data] of Object.entries(secrets))
    server.put({ ...system('Secret', name), data: encode(data) });
  return authoritySource({ kube: server.client(), spec: clusterSpec('a', 0) } as unknown as MeshCluster);
}

const seen = (name: string, source: AuthoritySource) => ({
  name,
  source,
  roots: parseBundle(source.rootsPem),
});
const ownMaking = (pem: string): AuthoritySource => ({
  kind: 'own',
  object: 'Secret istio-system/istio-ca-secret',
  rootsPem: pem,
});

describe('who signs for a cluster', () => {
  it('is cacerts, in either of the forms that istiod reads', async () => {
    const tls = {
      'tls.crt': `${intermediate.certificatePem}${root.certificatePem}`,
      'tls.key': intermediate.keyPem,
      'ca.crt': root.certificatePem,
    };
    const found = await sourceOf({
      cacerts: tls,
      'istio-ca-secret': { 'ca-cert.pem': other.certificatePem },
    });
    expect(found).toMatchObject({ kind: 'cacerts', rootsPem: root.certificatePem });
    expect(sourceFindings(seen('a', found), [])).toEqual({ failures: [], warnings: [] });
  });

  it('is istiod’s own root, whose Secret leaves root-cert.pem empty in older versions', async () => {
    const data = { 'ca-cert.pem': other.certificatePem, 'root-cert.pem': '' };
    const found = await sourceOf({ 'istio-ca-secret': data });
    expect(found).toMatchObject({ kind: 'own', rootsPem: other.certificatePem });
  });

  it('is somebody else where istiod’s authority is off, by what proxies are handed', async () => {
    const found = await sourceOf({}, { ENABLE_CA_SERVER: 'false' });
    expect(found).toMatchObject({ kind: 'external', rootsPem: root.certificatePem });
    expect(sourceFindings(seen('a', found), [])).toEqual({ failures: [], warnings: [] });
  });

  it('is nobody for the next start where cacerts was deleted under a running istiod', async () => {
    const { failures } = sourceFindings(seen('a', await sourceOf({})), []);
    expect(failures).toMatchObject([{ cluster: 'a', object: 'Secret istio-system/cacerts' }]);
    expect(failures[0]?.message).toMatch(/as soon as it starts again/);
  });
});

describe('roots of istiods’ own making', () => {
  const a = seen('a', ownMaking(root.certificatePem));
  const b = seen('b', ownMaking(other.certificatePem));

  it('are found for each cluster, with both roots and what to make', () => {
    const [first] = sourceFindings(a, [b]).failures;
    expect(first?.message).toMatch(/root of its own making, which b does not trust/);
    for (const { certificatePem } of [root, other])
      expect(first?.evidence).toContain(inspect(certificatePem).fingerprintSha256.slice(0, 16));
    expect(first?.fix).toContain(
      'kubectl --context {context} -n {istioNamespace} create secret generic cacerts',
    );
  });

  it('are no finding where all clusters were given the same one', () => {
    const copy = seen('b', ownMaking(root.certificatePem));
    expect(sourceFindings(a, [copy])).toEqual({ failures: [], warnings: [] });
  });

  it('are accepted in the pods of their own cluster only', () => {
    expect(acceptedRoots(b, a.roots)).toHaveLength(2);
    expect(acceptedRoots({ ...b, source: { ...b.source, kind: 'cacerts' } }, a.roots)).toEqual(a.roots);
  });

  it('warn when one ends soon and fail when it ended', () => {
    const ends = a.roots[0]?.notAfter.getTime() ?? 0;
    const at = (days: number) => sourceFindings(a, [], new Date(ends - days * 86_400_000));
    expect(at(30).warnings).toHaveLength(1);
    expect(at(-1).failures[0]?.message).toMatch(/expired/);
  });
});
