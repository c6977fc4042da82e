import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRoot } from '../../../src/pki/index.ts';
import { redact } from '../../../src/report/redact.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const base64 = (text: string) => Buffer.from(text).toString('base64');
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = `${base64url({ alg: 'RS256', kid: 'planted' })}.${base64url({ sub: 'planted', exp: 1 })}.planted-signature`;
const middle = pem.split('\n')[5] ?? '';

const kubeconfig = base64('users:\n- user:\n    token: opaque-planted-token\n');

/** A text with a secret in it, and the part of the secret that must not be in the answer. */
const planted: readonly (readonly [string, string, string])[] = [
  ['a private key', `before\n${pem}after`, middle],
  ['a private key in JSON', JSON.stringify({ 'ca-key.pem': pem }), middle],
  ['a private key that was cut at its end', pem.slice(0, pem.length / 2), middle],
  [
    'a private key that was cut at its beginning',
    pem.slice(pem.indexOf('\n', 200) + 1),
    pem.split('\n')[20] ?? '',
  ],
  ['a private key as base64', `inline_bytes: ${base64(pem)}`, base64(pem).slice(40, 80)],
  ['a private key as base64 of base64', `data: ${base64(base64(pem))}`, base64(base64(pem)).slice(40, 80)],
  ['a token', `error: ${jwt} was refused`, 'planted-signature'],
  ['a token as base64', `token.txt: ${base64(jwt)}`, base64(jwt).slice(20, 60)],
  ['a kubeconfig as base64', `value: ${kubeconfig}`, kubeconfig.slice(20, 60)],
  ['a token of EKS', 'k8s-aws-v1.aHR0cHM6Ly9wbGFudGVk', 'aHR0cHM6Ly9wbGFudGVk'],
  ['a header', 'Authorization: Bearer planted.opaque~token', 'planted.opaque'],
  ['a header without a scheme', '"authorization": "planted-opaque"', 'planted'],
  ['an access key', 'id AKIAABCDEFGHIJKLMNOP', 'ABCDEFGHIJKLMNOP'],
  ['a signature', 'https://sts/?X-Amz-Signature=planted&x=1', 'planted'],
  ['a password in a URL', 'http_proxy=http://me:planted@proxy:3128', 'planted'],
  ['a value with a comma', 'password: "one,planted two"', 'planted'],
  ['a short value', 'password: pl4', 'pl4'],
  ['a block of YAML', 'token: |-\n    planted-token', 'planted'],
  ['a flag', 'args: --auth-token planted', 'planted'],
  ['JSON in a string', '"config": "{\\"api_key\\": \\"planted\\"}"', 'planted'],
  ['a client secret of an Envoy filter', 'token_secret:\n  inline_string: "planted"', 'planted'],
  [
    'a generic secret of Envoy',
    '{"generic_secret": {"secret": {"inline_bytes": "cGxhbnRlZA=="}}}',
    'cGxhbnRlZA',
  ],
];

describe('redact', () => {
  it.each(planted)('takes out %s', (_what, text, secret) => {
    expect(secret.length).toBeGreaterThan(2);
    expect(text).toContain(secret);
    expect(redact(text)).not.toContain(secret);
    expect(redact(text)).toContain('removed]');
  });

  it('leaves what a maintainer needs', async () => {
    const root = await createRoot({ algorithm: 'ecdsa-p256', years: 1 });
    const harmless = [
      root.certificatePem,
      `caBundle: ${base64(root.certificatePem)}`,
      'serviceAccountToken:\n  audience: istio-ca\n  path: istio-token',
      JSON.stringify('projected:\n- serviceAccountToken:\n    audience: istio-ca'),
      'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0ba822cd15d6c15b0f00a0',
      'https://100.64.32.129:6443/api?token=null',
      '"privateKeyOf": ["ca-cert.pem"]',
      'spiffe://cluster.local/ns/istio-system/sa/istiod',
    ].join('\n');
    expect(redact(harmless)).toBe(harmless);
  });
});
