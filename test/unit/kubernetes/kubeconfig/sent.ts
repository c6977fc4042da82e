import type { Case } from './case.ts';
import { exemptSent } from './exempt.ts';

export const v1 = 'client.authentication.k8s.io/v1';
const v1beta1 = `${v1}beta1`;

/** A plugin that answers with a token that says what it was told. */
export const exec = {
  command: './plugin',
  apiVersion: v1,
  interactiveMode: 'Never',
  env: [{ name: 'PLACE', value: 'told:' }],
};

/** A plugin that answers so. */
export const answering = (status: object | null, more: object = {}) => ({
  ...exec,
  command: './answer',
  env: [
    { name: 'ANSWER', value: JSON.stringify({ kind: 'ExecCredential', apiVersion: v1, status, ...more }) },
  ],
});

/** Asks whoever is at the terminal for its token. */
const asking = { ...exec, command: './asking', interactiveMode: 'Always' };

const beta = {
  command: './plugin',
  apiVersion: v1beta1,
  env: [
    { name: 'PLACE', value: 'told:' },
    { name: 'VERSION', value: v1beta1 },
  ],
};

const crt = { 'client-certificate': 'crt', 'client-key': 'key' };
const named = { server: 'https://api.test:7443' };
const oidc = (config: object) => ({
  'auth-provider': {
    name: 'oidc',
    config: {
      'idp-issuer-url': '{server}',
      'client-id': 'me',
      'idp-certificate-authority-data': '{ca}',
      ...config,
    },
  },
});

const credentials: Readonly<Record<string, Case>> = {
  'a token': { user: { token: 'stated' } },
  'a token file by a relative path': { user: { tokenFile: 'token' } },
  'a token file by an absolute path': { user: { tokenFile: '{folder}/token' } },
  'a token file before a token': { user: { tokenFile: 'token', token: 'stated' } },
  'the token where its file is not there': { user: { tokenFile: 'absent', token: 'stated' } },
  'the token where its file is empty': { user: { tokenFile: 'empty', token: 'stated' } },
  'a password': { user: { username: 'u', password: 'p:q' } },
  'a name without a password': { user: { username: 'u' } },
  'a token file beside a password without a name': { user: { tokenFile: 'token', password: 'p' } },
  'a password without a name beside a certificate': { user: { ...crt, password: 'p' } },
  'a client certificate by relative paths': { user: crt },
  'a client certificate as data': {
    user: { 'client-certificate-data': '{crt}', 'client-key-data': '{key}' },
  },
  'a client certificate as a file, its key as data': {
    user: { 'client-certificate': 'crt', 'client-key-data': '{key}' },
  },
  'a client certificate beside a token': { user: { ...crt, token: 't' } },
  'a token beside a key without a certificate': { user: { token: 't', 'client-key': 'key' } },
  'a token beside a key that is not there, without a certificate': {
    user: { token: 't', 'client-key': 'absent' },
  },
  'a token beside a key twice, without a certificate': {
    user: { token: 't', 'client-key': 'key', 'client-key-data': '{key}' },
  },
  'an impersonated user': { user: { token: 't', as: 'somebody' } },
  'an impersonated user with a UID': { user: { token: 't', as: 's', 'as-uid': 'u-1' } },
  'impersonation in full': {
    user: {
      token: 't',
      as: 's',
      'as-uid': 'u-1',
      'as-groups': ['a', 'b'],
      'as-user-extra': { 'x.io/k y': ['1', '2'], 'K%': ['3'] },
    },
  },
  'impersonation by a certificate': { user: { ...crt, as: 'system:admin', 'as-groups': ['system:masters'] } },
  'no token over plain HTTP': { cluster: { server: 'http://127.0.0.1:{httpPort}' } },
  'an impersonated user over plain HTTP': {
    cluster: { server: 'http://127.0.0.1:{httpPort}' },
    user: { token: 't', as: 'somebody' },
  },
  'no plugin over plain HTTP': { cluster: { server: 'http://127.0.0.1:{httpPort}' }, user: { exec } },
  'an OIDC token': { user: oidc({ 'id-token': '{idToken}' }) },
  'a token before an OIDC token': { user: { ...oidc({ 'id-token': '{idToken}' }), token: 't' } },
  'an OIDC token that its provider renews': {
    user: oidc({ 'id-token': '{oldIdToken}', 'refresh-token': 'first' }),
  },
};

const plugins: Readonly<Record<string, Case>> = {
  'a plugin by a relative path': { user: { exec } },
  'a plugin by a relative path of a file below': { at: 'below/main', user: { exec } },
  'a plugin by a path of a kubeconfig with a relative path': { list: () => 'main', user: { exec } },
  'a plugin of the search path': { user: { exec: { ...exec, command: 'in-path' } } },
  'a plugin of the search path, whatever its own is': {
    user: {
      exec: { ...exec, command: 'in-path', env: [...exec.env, { name: 'PATH', value: '/usr/bin:/bin' }] },
    },
  },
  'a plugin with arguments': { user: { exec: { ...exec, args: ['a', '--b=c'] } } },
  'a plugin without arguments and environment, stated as null': {
    user: { exec: { ...exec, command: './answer', args: null, env: null } },
    env: { ANSWER: JSON.stringify({ kind: 'ExecCredential', apiVersion: v1, status: { token: 'x' } }) },
  },
  'a plugin with the environment of isthmus below its own': { user: { exec }, env: { PLACE: 'other' } },
  'a plugin that is told of the cluster': {
    user: { exec: { ...exec, provideClusterInfo: true } },
    cluster: {
      'tls-server-name': 'api.test',
      extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }],
    },
  },
  'a plugin that is told of a cluster with all fields': {
    user: { exec: { ...exec, provideClusterInfo: true } },
    cluster: {
      server: '{server}/',
      'certificate-authority': undefined,
      'insecure-skip-tls-verify': true,
      'proxy-url': '{proxy}',
      'disable-compression': true,
      extensions: [{ name: 'other', extension: { audience: 'x' } }],
    },
  },
  'a plugin that is told of a cluster with a path': {
    user: { exec: { ...exec, provideClusterInfo: true } },
    cluster: { server: '{server}/k8s/clusters/c-1/' },
  },
  'a plugin that is told of a cluster with a CA as data': {
    user: { exec: { ...exec, provideClusterInfo: true } },
    cluster: { 'certificate-authority': undefined, 'certificate-authority-data': '{ca}' },
  },
  'a plugin of v1beta1 without interactiveMode': { user: { exec: beta } },
  'a plugin of v1beta1 that is told of the cluster': {
    user: { exec: { ...beta, provideClusterInfo: true } },
  },
  'a plugin that takes a terminal if there is one': {
    user: { exec: { ...exec, interactiveMode: 'IfAvailable' } },
  },
  'a token beside a plugin': { user: { exec, token: 'stated' } },
  'a certificate beside a plugin': { user: { exec, ...crt } },
  'a password beside a plugin': { user: { exec, username: 'u', password: 'p' } },
  'an impersonated user beside a plugin': { user: { exec, as: 'somebody' } },
  'a certificate of a plugin': {
    user: {
      exec: {
        ...exec,
        command: './answer',
        env: [
          {
            name: 'ANSWER',
            value: '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{pair}}',
          },
        ],
      },
    },
  },
  'a token that ended already, of a plugin': {
    user: { exec: answering({ token: 'x', expirationTimestamp: '2020-01-01T00:00:00Z' }) },
  },
  'a plugin that answers with more than is known': {
    user: { exec: answering({ token: 'x', more: 1 }, { spec: { interactive: false }, more: 2 }) },
  },
  'a plugin that answers in YAML': {
    user: {
      exec: {
        ...exec,
        command: './answer',
        env: [
          { name: 'ANSWER', value: `kind: ExecCredential\napiVersion: ${v1}\nstatus:\n  token: of-yaml\n` },
        ],
      },
    },
  },
};

const clusters: Readonly<Record<string, Case>> = {
  'a CA as data': { cluster: { 'certificate-authority': undefined, 'certificate-authority-data': '{ca}' } },
  'a CA by a relative path': { cluster: { 'certificate-authority': 'ca' } },
  'a server with a slash': { cluster: { server: '{server}/' } },
  'a server with a path': { cluster: { server: '{server}/k8s/clusters/c-1' } },
  'a server with a path and a slash': { cluster: { server: '{server}/k8s/clusters/c-1/' } },
  'a server with a path and a query': { cluster: { server: '{server}/k8s/c-1?a=b#c' } },
  'a server without a scheme': { cluster: { server: '127.0.0.1:{httpPort}' } },
  'a server in capitals': { cluster: { server: 'HTTPS://LOCALHOST:{port}' } },
  'a server name': { cluster: { 'tls-server-name': 'api.test' } },
  'an address as server name': {
    cluster: { server: 'https://localhost:{port}', 'tls-server-name': '127.0.0.1' },
  },
  'no verification': { cluster: { 'certificate-authority': undefined, 'insecure-skip-tls-verify': true } },
  'no verification, and a server name': {
    cluster: {
      'certificate-authority': undefined,
      'insecure-skip-tls-verify': true,
      'tls-server-name': 'other.test',
    },
  },
  'no verification in the words of YAML 1.1': {
    text: (document) =>
      `${JSON.stringify(document).replace('"certificate-authority":"{folder}/ca"', '"insecure-skip-tls-verify":yes')}`,
  },
  'no compression': { cluster: { 'disable-compression': true } },
  'a proxy of the kubeconfig': { cluster: { 'proxy-url': '{proxy}' } },
  'a proxy of the kubeconfig with a password': { cluster: { ...named, 'proxy-url': '{proxyWithPassword}' } },
  'a proxy of the kubeconfig before that of the environment': {
    cluster: { ...named, 'proxy-url': '{proxyWithPassword}' },
    env: { HTTPS_PROXY: '{proxy}' },
  },
  'a proxy of the kubeconfig, whatever NO_PROXY says': {
    cluster: { 'proxy-url': '{proxy}' },
    env: { NO_PROXY: '*' },
  },
  'a proxy of the kubeconfig by TLS': { cluster: { ...named, 'proxy-url': '{tlsProxy}' } },
  'a SOCKS5 proxy of the kubeconfig': { cluster: { 'proxy-url': '{socks}' } },
  'a SOCKS5 proxy of the kubeconfig, which is told names': { cluster: { ...named, 'proxy-url': '{socks}' } },
  'a SOCKS5 proxy of the kubeconfig with a password': {
    cluster: { ...named, 'proxy-url': '{socksWithPassword}' },
  },
  'a proxy of the kubeconfig to plain HTTP': {
    cluster: { server: 'http://api.test:80', 'proxy-url': '{proxyWithPassword}' },
  },
  'a proxy of the kubeconfig by SOCKS5 and a server name': {
    cluster: { server: 'https://elsewhere.test:7443', 'tls-server-name': 'api.test', 'proxy-url': '{socks}' },
  },
  'a proxy of the environment': { cluster: named, env: { HTTPS_PROXY: '{proxy}' } },
  'a proxy of the environment without a scheme': {
    cluster: named,
    env: { HTTPS_PROXY: '127.0.0.1:{proxyPort}' },
  },
  'a proxy of the environment in small letters, with a password': {
    cluster: named,
    env: { https_proxy: '{proxyWithPassword}' },
  },
  'a proxy of the environment in capitals before one in small letters': {
    cluster: named,
    env: { https_proxy: '{proxyWithPassword}', HTTPS_PROXY: '{proxy}' },
  },
  'a proxy of the environment in small letters where that in capitals is empty': {
    cluster: named,
    env: { https_proxy: '{proxyWithPassword}', HTTPS_PROXY: '' },
  },
  'a proxy of the environment by TLS': { cluster: named, env: { HTTPS_PROXY: '{tlsProxy}' } },
  'a SOCKS5 proxy of the environment': { cluster: named, env: { HTTPS_PROXY: '{socks}' } },
  'a proxy of the environment to plain HTTP': {
    cluster: { server: 'http://api.test:80' },
    env: { HTTP_PROXY: '{proxy}', HTTPS_PROXY: 'http://127.0.0.1:1' },
  },
  'no proxy to this machine': { env: { HTTPS_PROXY: '{proxy}' } },
  'no proxy to this machine by its name': {
    cluster: { server: 'https://localhost:{port}' },
    env: { HTTPS_PROXY: '{proxy}' },
  },
};

const halfWritten = {
  clusters: [{ name: 'x', cluster: {} }],
  users: [{ name: 'x' }],
  contexts: [{ name: 'half', context: { cluster: '', user: '' } }],
};
const withoutAnything = {
  clusters: [{ name: 'other', cluster: null }],
  users: [{ name: 'other', user: null }],
  contexts: [{ name: 'other' }],
};

const files: Readonly<Record<string, Case>> = {
  'what JSON says': { text: (document) => JSON.stringify(document) },
  'what JSON with indents says': { text: (document) => JSON.stringify(document, undefined, 2) },
  'what JSON with tabs says': { text: (document) => JSON.stringify(document, undefined, '\t') },
  'what a file with a byte order mark says': { encode: (text) => Buffer.from(`\ufeff${text}`) },
  'what a file in UTF-16 says': { encode: (text) => Buffer.from(`\ufeff${text}`, 'utf16le') },
  'what a file with carriage returns says': { encode: (text) => Buffer.from(text.replaceAll('\n', '\r\n')) },
  'what a file with a document marker says': { encode: (text) => Buffer.from(`---\n${text}`) },
  'what the first of two documents says': {
    encode: (text) => Buffer.from(`${text}---\napiVersion: v1\nkind: Config\n`),
  },
  'what an anchor stands for': {
    also: { users: ['ANCHOR'] },
    encode: (text) =>
      Buffer.from(
        text
          .replace(
            '- ANCHOR',
            '- name: a\n    user: &a\n      token: of-the-anchor\n  - name: b\n    user:\n      <<: *a',
          )
          .replace('user: u', 'user: b'),
      ),
  },
  'a key that is there twice': {
    user: { token: 'first', tokeN: 'second' },
    encode: (text) => Buffer.from(text.replace('tokeN', 'token')),
  },
  'neither version nor kind': { file: { apiVersion: undefined, kind: undefined } },
  'fields that nobody knows': {
    file: { unknown: [1] },
    user: { token: 't', Unknown: 1 },
    cluster: { more: {} },
  },
  'preferences and extensions': {
    file: { preferences: { colors: true }, extensions: [{ name: 'a', extension: { b: 1 } }] },
  },
  'sections that are null': {
    before: { apiVersion: 'v1', kind: 'Config', clusters: null, users: null, contexts: null },
  },
  'an empty file before': { before: '' },
  'an empty file after': { after: '' },
  'a file of blanks before': { before: ' \n\n' },
  'a file of a comment before': { before: '# nothing yet\n' },
  'a file of an empty map before': { before: '{}\n' },
  'a file of null before': { before: 'null\n' },
  'a list with empty items': { list: (list) => `:${list}::` },
  'a list with a file that is not there': { list: (list) => `{folder}/absent:${list}` },
  'a list with the same file twice': { list: (list) => `${list}:${list}` },
  'a list with /dev/null': { list: (list) => `/dev/null:${list}` },
  'a list with /dev/null behind': { list: (list) => `${list}:/dev/null` },
  'a list with a relative path': { list: () => 'main', user: { tokenFile: 'token' } },
  'paths relative to the file that they stand in': {
    at: 'below/main',
    cluster: { 'certificate-authority': 'ca' },
    user: { tokenFile: 'token' },
    before: { apiVersion: 'v1', kind: 'Config', users: [{ name: 'other', user: { tokenFile: 'token' } }] },
  },
  'paths relative to another file of the list': {
    context: { cluster: 'c', user: 'other' },
    at: 'below/main',
    before: { apiVersion: 'v1', kind: 'Config', users: [{ name: 'other', user: { tokenFile: 'token' } }] },
  },
  'half-written entries that nobody asked for': { also: halfWritten },
  'half-written entries before those that are asked for': { ahead: halfWritten },
  'entries that nobody asked for without anything': { also: withoutAnything },
  'entries without anything before those that are asked for': { ahead: withoutAnything },
  'entries of nothing before those that are asked for': {
    ahead: { clusters: [null], users: [{}], contexts: [null] },
  },
  'entries that nobody asked for and kubectl would refuse': {
    also: {
      users: [{ name: 'x', user: { token: 't', username: 'u', exec: { command: '' } } }],
      clusters: [{ name: 'x', cluster: { server: 's', 'proxy-url': 'ftp://x' } }],
    },
  },
  'a user that another file names as well': { after: { users: [{ name: 'u', user: { token: 'other' } }] } },
  'a user that an earlier file names, whole': {
    user: { token: 't', as: 'other' },
    before: { users: [{ name: 'u', user: { token: 'earlier' } }] },
  },
  'the current context': { use: null, file: { 'current-context': 'x' } },
  'the current context of the first file that has one': {
    use: null,
    before: { apiVersion: 'v1', kind: 'Config', 'current-context': '' },
    file: { 'current-context': 'x' },
    after: { apiVersion: 'v1', kind: 'Config', 'current-context': 'other' },
  },
  'the current context of an earlier file': {
    use: null,
    before: { 'current-context': 'x' },
    file: { 'current-context': 'other' },
  },
  'a context with a namespace that cannot be': { context: { cluster: 'c', user: 'u', namespace: 'No_Name' } },
};

/** What kubectl and isthmus send alike. */
export const sent: Readonly<Record<string, Case>> = {
  ...credentials,
  ...plugins,
  ...clusters,
  ...files,
  ...exemptSent,
};

/** What is sent by those who are at a terminal. */
export const sentOnTerminal: Readonly<Record<string, Case>> = {
  'a plugin that wants a terminal': { user: { exec: { ...exec, interactiveMode: 'Always' } } },
  'a plugin that takes a terminal if there is one': {
    user: { exec: { ...exec, interactiveMode: 'IfAvailable' } },
  },
  'a plugin of v1beta1 without interactiveMode': { user: { exec: beta } },
  'a plugin that wants no terminal': { user: { exec } },
  'a plugin that reads from the terminal': { user: { exec: asking } },
  'a plugin that reads from a terminal that it is not given': {
    user: { exec: { ...asking, interactiveMode: 'Never' } },
  },
};
