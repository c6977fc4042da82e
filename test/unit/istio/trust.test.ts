import { beforeAll, describe, expect, it } from 'vitest';
import { ensureTrust } from '../../../src/istio/index.ts';
import { authorityFit } from '../../../src/istio/trust/authority-fit.ts';
import { readAuthority, readPlugged } from '../../../src/istio/trust/plugged-authority.ts';
import {
  type Authority,
  createRoot,
  inspect,
  issueIntermediate,
  issuerOf,
  rootFingerprint,
  verifyAuthority,
} from '../../../src/pki/index.ts';
import { issue } from '../../../src/pki/issue.ts';
import { signerOf } from '../../../src/pki/signer.ts';
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension } from '../../../src/pki/x509.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { edited, type FakeCluster, fakeClusters, topologyOf } from './fixtures.ts';

const signal = new AbortController().signal;
const cacerts = { apiVersion: 'v1', kind: 'Secret', namespace: 'istio-system', name: 'cacerts' };
const topology = topologyOf(['a', 'b']);
let root: Authority;
let other: Authority;

beforeAll(async () => {
  root = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });
  other = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });
});

const below = (authority: Authority) => ({
  issuer: issuerOf(authority),
  roots: [rootFingerprint(authority)],
});

const ensure = async (cluster: FakeCluster, more: object = {}) => {
  const base = { topology, cluster, reporter: silentReporter, signal };
  const changes = await ensureTrust({ ...base, ...below(root), ...more });
  return changes.find(({ object }) => object.name === 'cacerts')?.action;
};

describe('ensureTrust', () => {
  it('gives each cluster a distinct intermediate of the one root, and leaves it alone after', async () => {
    const [a, b] = (await fakeClusters(topology)) as [FakeCluster, FakeCluster];
    expect([await ensure(a), await ensure(b)]).toEqual(['create', 'create']);
    const [first, second] = [await readAuthority(a), await readAuthority(b)];
    expect(verifyAuthority(first ?? {})).toEqual([]);
    expect(first?.['root-cert.pem']).toBe(root.certificatePem);
    expect(inspect(first?.['ca-cert.pem'] ?? '').subject).not.toBe(
      inspect(second?.['ca-cert.pem'] ?? '').subject,
    );
    expect(await ensure(a)).toBe('none');
    expect(await readAuthority(a)).toEqual(first);
  });

  it('replaces an authority with a broken key, and writes nothing when only asked', async () => {
    const [a] = (await fakeClusters(topology)) as [FakeCluster];
    await ensure(a);
    edited(a, cacerts, { data: { 'ca-key.pem': 'eA==' } });
    const writes = [...a.server.writes];
    expect(await ensure(a, { dryRun: true })).toBe('update');
    expect(a.server.writes).toEqual(writes);
    expect(await ensure(a)).toBe('update');
    expect(verifyAuthority((await readAuthority(a)) ?? {})).toEqual([]);
  });

  it('refuses to replace another root unless told to, and then never trusts it beside its own', async () => {
    const [a] = (await fakeClusters(topology)) as [FakeCluster];
    await ensure(a, below(other));
    const writes = [...a.server.writes];
    await expect(ensure(a)).rejects.toMatchObject({ code: 'CA_FOREIGN' });
    expect(a.server.writes).toEqual(writes);
    expect(await ensure(a, { replaceRoot: true })).toBe('update');
    expect((await readAuthority(a))?.['root-cert.pem']).toBe(root.certificatePem);
  });

  it('neither replaces nor renews what somebody else made', async () => {
    const [a] = (await fakeClusters(topology)) as [FakeCluster];
    await ensure(a, below(other));
    edited(a, cacerts, { metadata: { labels: null } });
    for (const more of [{}, { replaceRoot: true }])
      await expect(ensure(a, more)).rejects.toThrow(/was not made by isthmus/);
    expect(await ensure(a, below(other))).toBe('none');
  });

  it('needs nobody who signs while nothing is due, and says whose key is missing when it is', async () => {
    const [a] = (await fakeClusters(topology)) as [FakeCluster];
    const blind = { issuer: undefined };
    await expect(ensure(a, blind)).rejects.toMatchObject({
      code: 'CA_KEY_MISSING',
      message: expect.stringContaining(rootFingerprint(root)),
    });
    await ensure(a);
    expect(await ensure(a, blind)).toBe('none');
  });

  it('lets one of two be first', async () => {
    const [a] = (await fakeClusters(topology)) as [FakeCluster];
    const first: unknown[] = [];
    // The other run comes in between the look of this one and its write.
    a.server.hold = async () => {
      const { method, url } = a.server.seen.at(-1) ?? {};
      if (method !== 'POST' || !url?.includes('/secrets')) return;
      a.server.hold = () => undefined;
      first.push(await ensure(a));
    };
    await expect(ensure(a, below(other))).rejects.toMatchObject({ code: 'CA_FOREIGN' });
    expect(first).toEqual(['create']);
    expect((await readAuthority(a))?.['root-cert.pem']).toBe(root.certificatePem);
  });

  it('anchors in the self-signed root above an issuing CA, and leaves that alone after', async () => {
    const [a] = (await fakeClusters(topology)) as [FakeCluster];
    const made = await issueIntermediate({
      root,
      cluster: 'issuing',
      meshName: 'corp',
      days: 900,
      algorithm: 'ecdsa-p256',
    });
    // The corporate CA is one that may have others below it.
    const issuing = { ...made, certificatePem: await corporate(made.keyPem) };
    expect(await ensure(a, below(issuing))).toBe('create');
    const data = (await readAuthority(a)) ?? {};
    expect(verifyAuthority(data)).toEqual([]);
    expect(data['root-cert.pem']).toBe(root.certificatePem);
    expect(data['cert-chain.pem']).toBe(data['ca-cert.pem'] + issuing.certificatePem + root.certificatePem);
    expect(await ensure(a, below(issuing))).toBe('none');
  });

  it('keeps a second root that a rotation put beside its own', async () => {
    const [a] = (await fakeClusters(topology)) as [FakeCluster];
    await ensure(a);
    const both = root.certificatePem + other.certificatePem;
    edited(a, cacerts, {
      data: { 'root-cert.pem': Buffer.from(both).toString('base64'), 'ca-key.pem': 'eA==' },
    });
    expect(await ensure(a)).toBe('update');
    expect((await readAuthority(a))?.['root-cert.pem']).toBe(both);
  });
});

/** A CA below the root with room for one more below it. */
function corporate(keyPem: string): Promise<string> {
  return issue({
    subject: [{ CN: ['Corporate issuing CA'] }],
    keyPem,
    signer: signerOf(root.keyPem),
    issuerPem: root.certificatePem,
    lifeMs: 900 * 86_400_000,
    extensions: [
      new BasicConstraintsExtension(true, 1, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
}

describe('ensureTrust during a rotation of the root', () => {
  it('leaves a cluster alone that signs below either root', async () => {
    const [a] = (await fakeClusters(topology)) as [FakeCluster];
    await ensure(a, below(other));
    const roots = [rootFingerprint(root), rootFingerprint(other)];
    expect(await ensure(a, { roots, rotating: true })).toBe('none');
  });

  it('leaves one alone that dropped the present root and signs below the next alone', async () => {
    const [a] = (await fakeClusters(topology)) as [FakeCluster];
    await ensure(a, below(other));
    const before = await readAuthority(a);
    // On the machine of the rotation the present root is the source, and the next one is what others trust.
    const more = { issuer: issuerOf(root), roots: [rootFingerprint(root), rootFingerprint(other)] };
    expect(await ensure(a, { ...more, rotating: true, replaceRoot: true })).toBe('none');
    expect(await readAuthority(a)).toEqual(before);
  });

  it('mends no broken one, as it cannot know below which root', async () => {
    const [a] = (await fakeClusters(topology)) as [FakeCluster];
    await ensure(a);
    const before = { ...(await readAuthority(a)), 'ca-key.pem': 'broken' };
    const data = Object.fromEntries(
      Object.entries(before).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    );
    const labels = { 'app.kubernetes.io/managed-by': 'isthmus' };
    const metadata = { name: 'cacerts', namespace: 'istio-system', labels };
    await a.kube.apply({ apiVersion: 'v1', kind: 'Secret', metadata, data });
    const roots = [rootFingerprint(root), rootFingerprint(other)];
    await expect(ensure(a, { roots, rotating: true })).rejects.toMatchObject({ code: 'ROTATION_UNDER_WAY' });
    expect(await readAuthority(a)).toEqual(before);
    expect(await ensure(a)).toBe('update');
  });

  it('makes no authority for a cluster that has none, as it cannot know below which root', async () => {
    const [a] = (await fakeClusters(topology)) as [FakeCluster];
    await expect(ensure(a, { rotating: true })).rejects.toMatchObject({ code: 'ROTATION_UNDER_WAY' });
  });
});

describe('authorityFit', () => {
  it('asks for renewal after two thirds of the intermediate’s life', async () => {
    const [a] = (await fakeClusters(topology)) as [FakeCluster];
    await ensure(a);
    const existing = await readPlugged(a);
    const days = (count: number) => new Date(Date.now() + count * 86_400_000);
    const own = [rootFingerprint(root)];
    expect(authorityFit(existing, own, days(240)).fit).toBe('good');
    expect(authorityFit(existing, own, days(245)).reason).toMatch(/renewal was due/);
    expect(authorityFit(existing, [rootFingerprint(other)])).toMatchObject({
      fit: 'other-root',
      reason: expect.stringMatching(/another root/),
    });
    expect(authorityFit(undefined, own)).toMatchObject({ fit: 'due' });
  });
});
