import { beforeAll, describe, expect, it } from 'vitest';
import { ensureTrust } from '../../../src/istio/index.ts';
import { readAuthority, reasonToIssue } from '../../../src/istio/trust/cacerts.ts';
import { type Authority, createRoot, inspect, verifyAuthority } from '../../../src/pki/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { fakeClusters, topologyOf } from './fixtures.ts';

const signal = new AbortController().signal;
const topology = topologyOf(['a', 'b']);
let root: Authority;
let other: Authority;

beforeAll(async () => {
  root = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });
  other = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });
});

const ensure = async (cluster: ReturnType<typeof fakeClusters>[number], more: object = {}) => {
  const changes = await ensureTrust({ topology, cluster, root, reporter: silentReporter, signal, ...more });
  return changes.find(({ object }) => object.name === 'cacerts')?.action;
};

describe('ensureTrust', () => {
  it('gives each cluster a distinct intermediate of the one root, and leaves it alone after', async () => {
    const [a, b] = fakeClusters(topology) as [ReturnType<typeof fakeClusters>[number], never];
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
    const [a] = fakeClusters(topology) as [ReturnType<typeof fakeClusters>[number]];
    await ensure(a);
    const secret = [...a.kube.objects.values()].find(({ kind }) => kind === 'Secret');
    Object.assign(secret?.['data'] as object, { 'ca-key.pem': 'eA==' });
    const writes = a.kube.writes;
    expect(await ensure(a, { dryRun: true })).toBe('update');
    expect(a.kube.writes).toBe(writes);
    expect(await ensure(a)).toBe('update');
    expect(verifyAuthority((await readAuthority(a)) ?? {})).toEqual([]);
  });

  it('never trusts a foreign root beside its own', async () => {
    const [a] = fakeClusters(topology) as [ReturnType<typeof fakeClusters>[number]];
    await ensure(a, { root: other });
    expect(await ensure(a)).toBe('update');
    expect((await readAuthority(a))?.['root-cert.pem']).toBe(root.certificatePem);
  });

  it('keeps a second root that a rotation put beside its own', async () => {
    const [a] = fakeClusters(topology) as [ReturnType<typeof fakeClusters>[number]];
    await ensure(a);
    const secret = [...a.kube.objects.values()].find(({ kind }) => kind === 'Secret');
    const both = root.certificatePem + other.certificatePem;
    Object.assign(secret?.['data'] as object, {
      'root-cert.pem': Buffer.from(both).toString('base64'),
      'ca-key.pem': 'eA==',
    });
    expect(await ensure(a)).toBe('update');
    expect((await readAuthority(a))?.['root-cert.pem']).toBe(both);
  });
});

describe('ensureTrust during a rotation of the root', () => {
  const cacerts = async (more: { roots: string; root: Authority }) => {
    const [a] = fakeClusters(topology) as [ReturnType<typeof fakeClusters>[number]];
    await ensure(a, { root: more.root });
    const secret = [...a.kube.objects.values()].find(({ kind }) => kind === 'Secret');
    Object.assign(secret?.['data'] as object, {
      'root-cert.pem': Buffer.from(more.roots).toString('base64'),
    });
    return a;
  };

  it('leaves a cluster alone that signs below the next root, trusted beside ours or alone', async () => {
    const both = root.certificatePem + other.certificatePem;
    const signing = await cacerts({ root: other, roots: both });
    const before = await readAuthority(signing);
    expect(await ensure(signing)).toBe('none');
    expect(await ensure(signing, { next: other })).toBe('none');
    expect(await readAuthority(signing)).toEqual(before);
    const dropped = await cacerts({ root: other, roots: other.certificatePem });
    expect(await ensure(dropped, { next: other })).toBe('none');
  });

  it('makes no authority for a cluster that has none or a broken one, as it cannot know below which root', async () => {
    const [a] = fakeClusters(topology) as [ReturnType<typeof fakeClusters>[number]];
    await expect(ensure(a, { next: other })).rejects.toMatchObject({ code: 'ROTATION_UNDER_WAY' });
    const broken = await cacerts({ root: other, roots: root.certificatePem });
    await expect(ensure(broken, { next: other })).rejects.toMatchObject({ code: 'ROTATION_UNDER_WAY' });
  });
});

describe('reasonToIssue', () => {
  it('asks for renewal after two thirds of the intermediate’s life', async () => {
    const [a] = fakeClusters(topology) as [ReturnType<typeof fakeClusters>[number]];
    await ensure(a);
    const existing = await readAuthority(a);
    const days = (count: number) => new Date(Date.now() + count * 86_400_000);
    expect(reasonToIssue(existing, root, days(240))).toBeUndefined();
    expect(reasonToIssue(existing, root, days(245))).toMatch(/renewal was due/);
    expect(reasonToIssue(existing, other)).toMatch(/another root/);
    expect(reasonToIssue(undefined, root)).toMatch(/no certificate authority/);
  });
});
