import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decideTrust } from '../../../src/mesh/trust/decide-trust.ts';
import type { LiveTrust } from '../../../src/mesh/trust/live-trust.ts';
import {
  archiveRoot,
  createMeshRoot,
  markInUse,
  rootAuthorityFolder,
  storedRoots,
} from '../../../src/mesh/trust/root-authority.ts';
import {
  type Authority,
  anchorOf,
  createRoot,
  inspect,
  issueIntermediate,
  parseBundle,
  rootFingerprint,
  toSecretData,
} from '../../../src/pki/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import type { Topology } from '../../../src/topology/index.ts';
import { topologyOf } from '../istio/fixtures.ts';
import { identifiers, make, sound } from '../pki/openssl-ca.ts';

const before = process.env['XDG_DATA_HOME'];
let folder: string;
let topology: Topology;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-trust-'));
  process.env['XDG_DATA_HOME'] = folder;
  topology = topologyOf(['a', 'b']);
});
afterEach(async () => {
  if (before === undefined) delete process.env['XDG_DATA_HOME'];
  else process.env['XDG_DATA_HOME'] = before;
  await rm(folder, { recursive: true, force: true });
});

const fresh = () => createRoot({ algorithm: 'ecdsa-p256', years: 10 });

interface ClusterOptions {
  readonly days?: number;
  readonly issued?: Date;
  readonly managed?: boolean;
  readonly beside?: Authority;
}

async function has(cluster: string, root: Authority, options: ClusterOptions = {}): Promise<LiveTrust> {
  const { days = 730, issued: now, managed = true, beside } = options;
  const common = { cluster, meshName: 'm', days, algorithm: 'ecdsa-p256' as const, now };
  const intermediate = await issueIntermediate({ ...common, root });
  const data = toSecretData(intermediate, beside ? [root, beside] : root);
  const trusted = parseBundle(data['root-cert.pem']);
  return { cluster, absent: false, cacerts: { data, managed }, anchor: anchorOf(data), trusted };
}

const absent = (cluster: string): LiveTrust => ({ cluster, absent: true, trusted: [] });
const unseen = (cluster: string): LiveTrust => ({
  cluster,
  absent: false,
  trusted: [],
  unseen: { cluster, code: 'CLUSTER_UNREACHABLE', message: 'no answer', hint: undefined },
});
const old = { days: 90, issued: new Date(Date.now() - 80 * 86_400_000) };
const decide = (live: readonly LiveTrust[], more: object = {}) =>
  decideTrust(topology, { live, reporter: silentReporter, signal: new AbortController().signal, ...more });

describe('a machine without the key', () => {
  it('may do all that needs no new intermediate', async () => {
    const root = await fresh();
    const live = [await has('a', root), await has('b', root)];
    expect(await decide(live)).toMatchObject({
      roots: [rootFingerprint(root)],
      issuer: undefined,
      make: undefined,
    });
  });

  it.each([
    ['a renewal', async (root: Authority) => has('b', root, old)],
    ['a new cluster', async () => absent('b')],
  ])('is told which key is missing for %s', async (_, second) => {
    const root = await fresh();
    await expect(decide([await has('a', root), await second(root)])).rejects.toMatchObject({
      code: 'CA_KEY_MISSING',
      source: 'environment',
      message: expect.stringMatching(new RegExp(`^b needs .*${rootFingerprint(root)}`)),
    });
    expect(await storedRoots(topology)).toEqual([]);
  });

  it('makes no root while a cluster that may have one cannot be looked at', async () => {
    await expect(decide([absent('a'), unseen('b')])).rejects.toMatchObject({ code: 'CA_UNKNOWN' });
    expect(await decide([absent('a'), unseen('b')], { replaceRoot: true })).toMatchObject({
      make: expect.any(Function),
    });
    expect(await decide([absent('a'), absent('b')])).toMatchObject({ make: expect.any(Function) });
  });
});

describe('a machine with the key', () => {
  it('renews, and finds a root that was put aside by what clusters have', async () => {
    const root = await createMeshRoot(topology);
    await archiveRoot(topology);
    const live = [await has('a', root), await has('b', root, old)];
    expect((await decide(live)).issuer?.certificatePem).toBe(root.certificatePem);
  });

  it('opens the one root that clusters have, whatever became of others that were put aside', async () => {
    const damaged = await createMeshRoot(topology);
    const aside = (await archiveRoot(topology)) ?? '';
    await writeFile(join(aside, 'root-key.pem'), 'damaged');
    const root = await createMeshRoot(topology);
    expect((await decide([await has('a', root)])).issuer?.certificatePem).toBe(root.certificatePem);
    await expect(decide([await has('a', damaged)])).rejects.toMatchObject({ code: 'CA_INVALID' });
  });

  it('gives a mesh of the same name a root of its own', async () => {
    const first = await createMeshRoot(topology);
    expect((await createMeshRoot(topology)).keyPem).toBe(first.keyPem);
    await markInUse(topology, rootFingerprint(first));
    expect(await decide([absent('a')])).toMatchObject({ make: expect.any(Function) });
    const second = await createMeshRoot(topology);
    expect(second.keyPem).not.toBe(first.keyPem);
    const kept = await Promise.all((await storedRoots(topology)).map(({ open }) => open()));
    expect(kept.map(({ keyPem }) => keyPem)).toEqual([second.keyPem, first.keyPem]);
    expect((await decide([await has('a', first, old)])).issuer?.certificatePem).toBe(first.certificatePem);
  });

  it('makes one root however many ask at once, readable by its owner alone', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => createMeshRoot(topology)));
    expect(new Set(made.map(({ keyPem }) => keyPem)).size).toBe(1);
    const where = rootAuthorityFolder(topology);
    expect((await stat(where)).mode & 0o777).toBe(0o700);
    expect((await stat(join(where, 'root-key.pem'))).mode & 0o777).toBe(0o600);
  });
});

describe('clusters that disagree', () => {
  it('are refused, and come to the root at hand only when that is asked for', async () => {
    const root = await createMeshRoot(topology);
    const live = [await has('a', root), await has('b', await fresh())];
    await expect(decide(live)).rejects.toMatchObject({ code: 'CA_FOREIGN', message: /^b: .*another root/ });
    expect(await decide(live, { replaceRoot: true })).toMatchObject({ roots: [rootFingerprint(root)] });
  });

  it('are left alone while one root replaces another', async () => {
    const [one, two] = [await fresh(), await fresh()];
    const live = [await has('a', one, { beside: two }), await has('b', two, { beside: one })];
    expect((await decide(live)).roots.toSorted()).toEqual([one, two].map(rootFingerprint).toSorted());
  });

  it('are never overruled where somebody else made the authority', async () => {
    await createMeshRoot(topology);
    const live = [absent('a'), await has('b', await fresh(), { managed: false })];
    await expect(decide(live)).rejects.toMatchObject({ code: 'CA_KEY_MISSING' });
    await expect(decide(live, { replaceRoot: true })).rejects.toMatchObject({ code: 'CA_FOREIGN' });
  });
});

describe('a pinned root', () => {
  const pinned = async (fingerprint: string) => {
    const file = join(folder, 'mesh.yaml');
    await writeFile(file, `spec:\n  trust:\n    fingerprint: ${fingerprint}\n`);
    topology = { ...topology, file, trust: { ...topology.trust, fingerprint } };
  };

  it('is the only one that clusters may have, and the file says where it is pinned', async () => {
    const root = await fresh();
    await pinned(rootFingerprint(root));
    expect(await decide([await has('a', root)])).toMatchObject({ roots: [rootFingerprint(root)] });
    await expect(decide([await has('a', await fresh())])).rejects.toMatchObject({
      code: 'CA_FOREIGN',
      where: { file: join(folder, 'mesh.yaml'), line: 3 },
    });
  });

  it('is never replaced by a new one', async () => {
    await pinned(rootFingerprint(await fresh()));
    await expect(decide([absent('a')])).rejects.toMatchObject({ code: 'CA_KEY_MISSING' });
  });
});

describe('a root of the file', () => {
  const extensions = [...sound, ...identifiers];
  const corporate = make({ name: '/CN=corporate root', extensions });
  const issuing = make({ name: '/CN=issuing CA', extensions, issuer: corporate });
  const stranger = make({ name: '/CN=root of somebody else', extensions });

  const named = async (
    certificates: readonly { readonly pem: string }[],
    { key }: { readonly key: string },
  ) => {
    await writeFile(join(folder, 'ca.pem'), certificates.map(({ pem }) => pem).join(''));
    await writeFile(join(folder, 'ca-key.pem'), key);
    const root = {
      kind: 'files',
      certificate: 'ca.pem',
      key: 'ca-key.pem',
      passphraseFile: undefined,
    } as const;
    topology = { ...topology, file: join(folder, 'mesh.yaml'), trust: { ...topology.trust, root } };
  };

  it.each([
    ['last', [issuing, corporate, stranger]],
    ['first', [stranger, issuing, corporate]],
    ['between', [issuing, stranger, corporate]],
  ])('is that of the issuing CA on the first up and later, with another root %s', async (_, certificates) => {
    await named(certificates, issuing);
    const { issuer, roots } = await decide([absent('a'), absent('b')]);
    const wanted = inspect(corporate.pem).fingerprintSha256;
    expect([roots, issuer && rootFingerprint(issuer)]).toEqual([[wanted], wanted]);
    if (!issuer) throw new Error('nobody signs');
    const request = { cluster: 'a', meshName: 'm', days: 730, algorithm: 'ecdsa-p256' } as const;
    const data = toSecretData(await issuer.issueIntermediate(request), corporate.pem);
    const a: LiveTrust = {
      cluster: 'a',
      absent: false,
      cacerts: { data, managed: true },
      anchor: anchorOf(data),
      trusted: parseBundle(data['root-cert.pem']),
    };
    expect(await decide([a, absent('b')])).toMatchObject({ roots: [wanted] });
    // Who signs nothing needs no key that he may read.
    await rm(join(folder, 'ca-key.pem'));
    await mkdir(join(folder, 'ca-key.pem'));
    expect(await decide([a])).toMatchObject({ roots: [wanted] });
  });
});
