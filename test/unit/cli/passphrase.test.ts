import { createPrivateKey } from 'node:crypto';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMeshRoot } from '../../../src/mesh/trust/root-authority.ts';
import {
  type Authority,
  createRoot,
  inspect,
  issueIntermediate,
  toSecretData,
} from '../../../src/pki/index.ts';
import { ContextsMesh } from '../mesh/contexts-mesh.ts';
import { openssl } from '../pki/openssl.ts';
import { Terminal } from './terminal.ts';

// Each run is a process of its own, beside all other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const passphrase = 'correct horse';

let mesh: ContextsMesh;
let path: string;
let terminal: Terminal;
beforeAll(async () => {
  terminal = await Terminal.build();
});
afterAll(async () => {
  vi.resetConfig();
  await terminal?.remove();
});
beforeEach(async () => {
  mesh = await ContextsMesh.start({ alive: 'healthy' });
  path = join(mesh.folder, 'root.pem');
  await writeFile(join(mesh.folder, 'mesh.yaml'), mesh.text(['alive']));
});
afterEach(() => mesh.stop());

const isthmus = (argv: readonly string[], ...answers: readonly (readonly [string, string])[]) =>
  terminal.run(['-f', join(mesh.folder, 'mesh.yaml'), ...argv], answers, { XDG_DATA_HOME: mesh.folder });
const [once, again] = ['passphrase of the file (not shown): ', 'the same again: '];

describe('the passphrase of a carried root', () => {
  it('is asked on a terminal, twice for a new one, and is never shown', async () => {
    const { certificatePem } = await createMeshRoot(mesh.topology(['alive']));
    const exported = await isthmus(
      ['trust', 'export', path],
      [once, `${passphrase}\r`],
      [again, `${passphrase}\r`],
    );
    expect(exported).toEqual({
      exitCode: 0,
      screen: expect.stringContaining(inspect(certificatePem).fingerprintSha256),
    });
    expect(exported.screen).not.toContain('horse');
    const file = await readFile(path, 'utf8');
    expect(
      openssl(['pkey', '-in', 'root.pem', '-passin', `pass:${passphrase}`, '-noout'], { 'root.pem': file }),
    ).toBe('');
    const imported = await isthmus(['trust', 'import', path], [once, `${passphrase}\r`]);
    expect(imported).toEqual({ exitCode: 0, screen: expect.stringContaining('root ') });
    const wrong = await isthmus(['trust', 'import', path], [once, 'incorrect horse\r']);
    expect(wrong).toEqual({
      exitCode: 2,
      screen: expect.stringContaining('cannot be opened with this passphrase'),
    });
    expect(imported.screen + wrong.screen).not.toContain('horse');
  });

  it.each([
    [
      'that differs the second time',
      [
        [once, `${passphrase}\r`],
        [again, 'another horse\r'],
      ],
      [2, 'the two passphrases differ'],
    ],
    [
      'that is too short',
      [
        [once, 'short\r'],
        [again, 'short\r'],
      ],
      [2, 'shorter than 8 characters'],
    ],
    ['that somebody gives up with Ctrl+C', [[once, '\u0003']], [130, 'not answered']],
    ['that somebody gives up with Ctrl+D', [[once, '\u0004']], [130, 'not answered']],
  ] as const)('%s writes no file', async (_, answers, [exitCode, said]) => {
    await createMeshRoot(mesh.topology(['alive']));
    expect(await isthmus(['trust', 'export', path], ...answers)).toEqual({
      exitCode,
      screen: expect.stringContaining(said),
    });
    await expect(access(path)).rejects.toThrow('ENOENT');
  });
});

describe('the passphrase of the key of spec.trust.root', () => {
  let root: Authority;

  /** A cluster whose CA is due, below a root whose key file is encrypted. */
  beforeEach(async () => {
    root = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });
    const key = createPrivateKey(root.keyPem).export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase,
    });
    await writeFile(path, root.certificatePem);
    await writeFile(join(mesh.folder, 'root.key'), key, { mode: 0o600 });
    const trust = 'spec:\n  trust: {root: {certificate: root.pem, key: root.key}}\n';
    await writeFile(join(mesh.folder, 'mesh.yaml'), mesh.text(['alive']).replace('spec:\n', trust));
    const due = await issueIntermediate({
      root,
      cluster: 'alive',
      meshName: 'demo',
      days: 90,
      algorithm: 'ecdsa-p256',
      trustDomain: 'cluster.local',
      now: new Date(Date.now() - 80 * 86_400_000),
    });
    mesh.server('alive').put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        namespace: 'istio-system',
        name: 'cacerts',
        labels: { 'app.kubernetes.io/managed-by': 'isthmus' },
      },
      stringData: toSecretData(due, root),
    });
  });
  const question = 'passphrase of the key of spec.trust.root';
  /** Whoever changes a mesh holds its Lease, whatever comes of it. */
  const changes = () => mesh.server('alive').writes.filter((write) => !write.includes('Lease/'));

  it('is asked where something is due, never shown, and signs', async () => {
    const { exitCode, screen } = await isthmus(['renew'], [question, `${passphrase}\r`]);
    expect([exitCode, screen]).toEqual([0, expect.stringContaining('renewed')]);
    expect(screen).not.toContain('horse');
  });

  it.each([
    ['wrong', 'incorrect horse\r', 'passphrase'],
    ['empty', '\r', 'passphrase'],
  ])('that is %s renews nothing', async (_, typed, said) => {
    const { exitCode, screen } = await isthmus(['renew'], [question, typed]);
    expect([exitCode, screen]).toEqual([1, expect.stringContaining(said)]);
    expect(changes()).toEqual([]);
  });

  it('lets a plan say what is due', async () => {
    const { exitCode, screen } = await isthmus(['renew', '--plan'], [question, `${passphrase}\r`]);
    expect([exitCode, screen]).toEqual([0, expect.stringContaining('due')]);
    expect(changes()).toEqual([]);
  });
});
