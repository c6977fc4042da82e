import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { planMesh } from '../../../../src/mesh/index.ts';
import { createRoot } from '../../../../src/pki/index.ts';
import { ContextsMesh } from '../contexts-mesh.ts';

let mesh: ContextsMesh;
beforeEach(async () => {
  mesh = await ContextsMesh.start({ alive: 'healthy' });
});
afterEach(() => mesh.stop());

/** Notes of the plan of a mesh whose root's key is encrypted. */
async function notesWith(certificatePem: string, keyPem: string): Promise<string[]> {
  const sealed = execFileSync('openssl', ['pkcs8', '-topk8', '-passout', 'pass:secret'], { input: keyPem });
  await writeFile(join(mesh.folder, 'root.pem'), certificatePem);
  await writeFile(join(mesh.folder, 'root.key'), sealed);
  const operation = mesh.operation(['alive']);
  const root = {
    kind: 'files' as const,
    certificate: 'root.pem',
    key: 'root.key',
    passphraseFile: undefined,
  };
  const topology = { ...operation.topology, trust: { ...operation.topology.trust, root } };
  return [...(await planMesh({ ...operation, topology })).notes];
}

test('a passphrase that up would ask for is no refusal', async () => {
  const root = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });
  const notes = await notesWith(root.certificatePem, root.keyPem);
  expect(notes).toContainEqual(expect.stringContaining('up asks for the passphrase'));
  expect(notes.join('\n')).not.toContain('would refuse');
});

test('a root that is of no use is refused, with or without its passphrase', async () => {
  const root = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });
  const notes = await notesWith('', root.keyPem);
  expect(notes).toContainEqual(expect.stringMatching(/^up would refuse: .*CA_INVALID/));
  expect(notes.join('\n')).not.toContain('up asks');
});
