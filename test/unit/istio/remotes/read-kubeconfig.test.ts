import { describe, expect, it } from 'vitest';
import { readRemoteKubeconfig } from '../../../../src/istio/remotes/kubeconfig/read-kubeconfig.ts';
import { createRoot, issueLeaf } from '../../../../src/pki/index.ts';

const root = await createRoot({ subject: 'clients', algorithm: 'ecdsa-p256', years: 1 });
const leaf = await issueLeaf({ issuer: root, commonName: 'reader', usages: ['client'], days: 1 });
const base64 = (pem: string) => Buffer.from(pem).toString('base64');
const pair = {
  'client-certificate-data': base64(leaf.certificatePem),
  'client-key-data': base64(leaf.keyPem),
};

/** A kubeconfig whose current context has this user; others are beside it. */
const withUser = (
  user: object,
  { others = [], cluster = {} }: { others?: object[]; cluster?: object } = {},
) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'first', cluster: { server: 'https://first:6443' } },
      { name: 'peer', cluster: { server: 'https://peer:6443', ...cluster } },
    ],
    users: [
      ...others.map((one, at) => ({ name: `other${at}`, user: one })),
      { name: 'first', user: { token: 'of-the-first' } },
      { name: 'peer', user },
    ],
    contexts: [
      { name: 'first', context: { cluster: 'first', user: 'first' } },
      { name: 'peer', context: { cluster: 'peer', user: 'peer' } },
    ],
    'current-context': 'peer',
  });

const exec = {
  apiVersion: 'client.authentication.k8s.io/v1',
  command: 'get-token',
  interactiveMode: 'Never',
};
const oidc = { name: 'oidc', config: { 'idp-issuer-url': 'https://id', 'client-id': 'istiod' } };

describe('a remote secret’s kubeconfig', () => {
  it('leads where its current context does, whatever stands first', () => {
    expect(readRemoteKubeconfig(withUser({ token: 'of-the-peer' })).access).toMatchObject({
      server: 'https://peer:6443',
      credential: { kind: 'token', token: 'of-the-peer' },
      verifiedBy: 'authority',
    });
  });

  it.each<[what: string, user: object, credential: object, insecure: string[]]>([
    ['a client certificate', pair, { kind: 'certificate', certificate: leaf.certificatePem }, []],
    ['a password', { username: 'reader', password: 'planted' }, { kind: 'password' }, []],
    ['OIDC', { 'auth-provider': oidc }, { kind: 'elsewhere', what: 'token from auth-provider oidc' }, []],
    ['a program', { exec }, { kind: 'elsewhere' }, ['exec']],
    ['a token’s file', { token: 'planted', tokenFile: '/t' }, { kind: 'elsewhere' }, ['tokenFile']],
    [
      'certificates in files',
      { 'client-certificate': '/c', 'client-key': '/k' },
      { kind: 'elsewhere' },
      ['clientKey', 'clientCertificate'],
    ],
    [
      'a certificate with a key in a file',
      { 'client-certificate-data': pair['client-certificate-data'], 'client-key': '/k' },
      { kind: 'elsewhere' },
      ['clientKey'],
    ],
    ['nothing', {}, { kind: 'none' }, []],
  ])('with %s', (...[, user, credential, insecure]) => {
    const read = readRemoteKubeconfig(withUser(user));
    expect(read.access?.credential).toMatchObject(credential);
    expect(read.insecure.map(({ option }) => option)).toEqual(insecure);
    expect(read.refused).toBeUndefined();
  });

  describe('as API servers’ tokens are told in it', () => {
    const [one, other] = ['eyJh.eyJ-b.c_1', 'eyJh.eyJ-b.d_2'];
    const text = (user: string, server = 'https://peer:6443') =>
      `clusters:\n- name: peer\n  cluster: {server: "${server}"}\nusers:\n- name: peer\n  user:\n${user}\ncontexts:\n- name: peer\n  context: {cluster: peer, user: peer}\ncurrent-context: peer\n`;
    const tokenOf = (user: string, server?: string) => {
      const { credential } = readRemoteKubeconfig(text(user, server)).access ?? {};
      return credential?.kind === 'token' ? [credential.token, credential.user['token']] : credential?.kind;
    };

    it('has its own token, whatever was read before it', () => {
      for (const token of [one, other, one]) expect(tokenOf(`    token: ${token}`)).toEqual([token, token]);
    });

    it.each([
      ['goes on in the next line', `    token: ${one}\n      more`, [`${one} more`, `${one} more`]],
      ['is a comment’s neighbour', `    token: ${one} # that was ${other}`, [one, one]],
      ['stands a second time', `    token: ${one}\n    as: ${one}`, [one, one]],
      ['is not what istiod signs in by', `    token: ${one}\n    tokenFile: /t`, 'elsewhere'],
      ['is of no JSON Web Token', '    token: eyJ', ['eyJ', 'eyJ']],
    ])('is read as it is where it %s', (_what, user, read) => {
      for (let time = 0; time < 2; time += 1) expect(tokenOf(user)).toEqual(read);
    });

    it('is not taken for a part of the server that reads the same', () => {
      const server = `https://${one}:6443`;
      expect(readRemoteKubeconfig(text(`    token: ${one}`, server)).access?.server).toBe(server);
      expect(readRemoteKubeconfig(text(`    token: ${other}`, server)).access?.server).toBe(server);
      expect(readRemoteKubeconfig(text(`    token: ${one}`, 'https://eyJ:6443')).access?.server).toBe(
        'https://eyJ:6443',
      );
    });
  });

  it('is spoiled by a user that nobody uses', () => {
    const read = readRemoteKubeconfig(withUser({ token: 't' }, { others: [{ exec }] }));
    expect(read.insecure).toEqual([{ option: 'exec', what: 'exec' }]);
  });

  it.each<[what: string, change: (whole: Record<string, Record<string, unknown>[]>) => void, says: string]>([
    [
      'a context without a user',
      ({ contexts }) => contexts?.push({ name: 'x', context: { cluster: 'first' } }),
      'its context x names user (none), which it does not have',
    ],
    [
      'a context of a cluster that is not there',
      ({ contexts }) => contexts?.push({ name: 'x', context: { cluster: 'gone', user: 'first' } }),
      'its context x names cluster gone, which it does not have',
    ],
    [
      'a context whose namespace is no name',
      ({ contexts }) =>
        contexts?.push({ name: 'x', context: { cluster: 'first', user: 'first', namespace: 'A_b' } }),
      'its context x has namespace A_b, which is no name of one',
    ],
    [
      'a cluster without a server',
      ({ clusters }) => clusters?.push({ name: 'x', cluster: { 'tls-server-name': 'x' } }),
      'cluster x has no server',
    ],
    [
      'a cluster with an authority as a file and as data',
      ({ clusters }) =>
        clusters?.push({
          name: 'x',
          cluster: {
            server: 'https://x',
            'certificate-authority': '/ca',
            'certificate-authority-data': pair['client-certificate-data'],
          },
        }),
      'cluster x has both certificate-authority and certificate-authority-data',
    ],
    [
      'a user with a token and a password',
      ({ users }) => users?.push({ name: 'x', user: { token: 'planted', password: 'planted' } }),
      'user x has both a token and a user name with a password',
    ],
    [
      'a user whose certificate has no key',
      ({ users }) =>
        users?.push({
          name: 'x',
          user: { 'client-certificate-data': pair['client-certificate-data'] },
        }),
      'user x has a client certificate without a client key',
    ],
  ])('is spoiled by %s, although nobody uses it', (...[, change, says]) => {
    const whole = JSON.parse(withUser({ token: 't' }));
    expect(readRemoteKubeconfig(JSON.stringify(whole)).refused).toBeUndefined();
    change(whole);
    const read = readRemoteKubeconfig(JSON.stringify(whole));
    expect(read.refused).toBe(says);
    expect(read.access).toBeUndefined();
  });

  it('with a provider that nobody has any more is refused, and so it is named', () => {
    const { insecure, refused } = readRemoteKubeconfig(withUser({ 'auth-provider': { name: 'gcp' } }));
    expect(insecure).toEqual([{ option: 'gcp', what: 'auth-provider gcp' }]);
    expect(refused).toContain('auth-provider gcp');
  });

  it.each([
    [{ 'insecure-skip-tls-verify': true }, 'nothing'],
    [{ 'certificate-authority': '/ca.crt' }, 'a file'],
    [{ 'certificate-authority-data': base64(root.certificatePem) }, 'authority'],
  ])('verifies by %j', (cluster, verifiedBy) =>
    expect(readRemoteKubeconfig(withUser({ token: 't' }, { cluster })).access?.verifiedBy).toBe(verifiedBy),
  );

  const edited = (change: (config: Record<string, unknown>) => void) => {
    const config = JSON.parse(withUser({ token: 'planted' })) as Record<string, unknown>;
    change(config);
    return JSON.stringify(config);
  };

  it.each<[text: string, why: RegExp]>([
    ['', /^it has no cluster$/],
    ['planted: [', /^it cannot be read as a kubeconfig$/],
    [edited((config) => delete config['current-context']), /^it has no current-context$/],
    [
      edited((config) => Object.assign(config, { 'current-context': 'gone' })),
      /current-context gone is not among/,
    ],
    [
      edited((config) => Object.assign(config, { clusters: [] })),
      /names cluster peer, which it does not have/,
    ],
    [edited((config) => Object.assign(config, { users: [] })), /names user peer, which it does not have/],
    [withUser({ token: 'planted', username: 'u', password: 'planted' }), /^user peer has both a token/],
    [withUser({ ...pair, 'client-key-data': base64('planted') }), /certificate and key that cannot be used/],
    [
      withUser(
        { token: 'planted' },
        { cluster: { 'insecure-skip-tls-verify': true, 'certificate-authority-data': base64('planted') } },
      ),
      /insecure-skip-tls-verify beside a certificate authority/,
    ],
    [withUser({ token: 'planted' }, { cluster: { server: '' } }), /^cluster peer has no server$/],
  ])('is refused: %s', (text, why) => {
    const { access, refused } = readRemoteKubeconfig(text);
    expect(access).toBeUndefined();
    expect(refused).toMatch(why);
    expect(refused).not.toContain('planted');
  });
});
