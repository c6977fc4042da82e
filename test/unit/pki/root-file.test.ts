import { expect, it } from 'vitest';
import { createRoot, sealRoot, unsealRoot } from '../../../src/pki/index.ts';
import { hasOpenssl, openssl } from './openssl.ts';

const root = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });

it('carries a root to another machine, and nobody without the passphrase has its key', () => {
  const sealed = sealRoot(root, 'correct horse');
  expect(unsealRoot(sealed, 'correct horse', 'root.pem')).toEqual(root);
  expect(sealed).not.toContain('BEGIN PRIVATE KEY');
  for (const [text, passphrase, message] of [
    [sealed, 'wrong horse', 'the key cannot be opened with this passphrase'],
    [root.certificatePem + root.keyPem, 'correct horse', 'there is no encrypted private key'],
  ] as const)
    expect(() => unsealRoot(text, passphrase, 'root.pem')).toThrow(message);
});

it.runIf(hasOpenssl)('is what openssl opens', () => {
  const opened = openssl(['pkey', '-in', 'root.pem', '-passin', 'pass:correct horse'], {
    'root.pem': sealRoot(root, 'correct horse'),
  });
  expect(opened.trim()).toBe(root.keyPem.trim());
});
