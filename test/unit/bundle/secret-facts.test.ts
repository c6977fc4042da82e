import { expect, it } from 'vitest';
import { secretFacts } from '../../../src/bundle/secret-facts.ts';
import { createRoot, inspect, issueIntermediate } from '../../../src/pki/index.ts';

const encode = (text: string) => Buffer.from(text).toString('base64');
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = `${part({ alg: 'RS256' })}.${part({
  iss: 'https://kubernetes.default',
  sub: 'system:serviceaccount:istio-system:istio-reader-service-account',
  aud: ['https://kubernetes.default'],
  exp: 1_900_000_000,
  'kubernetes.io': { secret: { name: 'isthmus-remote-reader-east' } },
})}.planted-signature`;

it('tells of an authority what it is and whether its key belongs to it, not a byte of the key', async () => {
  const root = await createRoot({ algorithm: 'ecdsa-p256', years: 1 });
  const signer = { root, cluster: 'east', meshName: 'demo', days: 30, algorithm: 'ecdsa-p256' } as const;
  const [own, foreign] = [await issueIntermediate(signer), await issueIntermediate(signer)];
  const facts = secretFacts({
    'ca-cert.pem': encode(own.certificatePem),
    'root-cert.pem': encode(root.certificatePem),
    'ca-key.pem': encode(own.keyPem),
    'other.pem': encode(foreign.keyPem),
    'broken.pem': encode('-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----'),
  });
  expect(facts['ca-cert.pem']).toMatchObject({
    certificates: [
      {
        subject: expect.stringContaining('OU=east'),
        serial: inspect(own.certificatePem).serial,
        fingerprintSha256: inspect(own.certificatePem).fingerprintSha256,
      },
    ],
  });
  expect(facts['ca-key.pem']).toEqual({ bytes: own.keyPem.length, privateKeyOf: ['ca-cert.pem'] });
  expect(facts['other.pem']).toMatchObject({ privateKeyOf: [] });
  expect(facts['broken.pem']).toMatchObject({ privateKeyOf: 'the private key cannot be read' });
  const text = JSON.stringify(facts);
  for (const line of [...own.keyPem.split('\n'), 'planted'].filter((one) => one && !one.startsWith('---')))
    expect(text).not.toContain(line);
});

it('tells of a remote secret its address, authority, and its token’s end and audience', async () => {
  const root = await createRoot({ algorithm: 'ecdsa-p256', years: 1 });
  const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: west, cluster: {server: "https://west:6443", certificate-authority-data: ${encode(root.certificatePem)}}}]
users: [{name: west, user: {token: ${token}}}]
contexts: [{name: one, context: {cluster: west, user: west}}]
current-context: one
`;
  const facts = secretFacts({ west: encode(kubeconfig), broken: encode('kind: Config\nusers: [planted') });
  expect(facts['west']).toMatchObject({
    kubeconfig: {
      currentContext: 'one',
      contexts: [{ name: 'one', cluster: 'west', user: 'west' }],
      clusters: [
        {
          server: 'https://west:6443',
          certificateAuthority: [{ fingerprintSha256: inspect(root.certificatePem).fingerprintSha256 }],
        },
      ],
      users: [
        {
          has: ['token'],
          token: {
            audience: ['https://kubernetes.default'],
            expires: '2030-03-17T17:46:40.000Z',
            boundTo: 'isthmus-remote-reader-east',
          },
        },
      ],
    },
  });
  expect(facts['broken']).toMatchObject({ kubeconfig: 'the kubeconfig cannot be read' });
  expect(JSON.stringify(facts)).not.toContain('planted');
});

it('says never of a token without an end', () => {
  const endless = `${part({ alg: 'RS256' })}.${part({ sub: 'reader' })}.planted`;
  expect(secretFacts({ token: encode(endless), opaque: encode('planted') })).toEqual({
    token: { bytes: endless.length, token: expect.objectContaining({ subject: 'reader', expires: 'never' }) },
    opaque: { bytes: 7 },
  });
});
