import type { Case } from './case.ts';
import { exemptRefused } from './exempt.ts';
import { answering, exec, v1 } from './sent.ts';

const crt = { 'client-certificate': 'crt', 'client-key': 'key' };
const named = { server: 'https://api.test:7443' };
const provider = (name: string, config: object = {}) => ({ 'auth-provider': { name, config } });
const oidc = (config: object) =>
  provider('oidc', {
    'idp-issuer-url': '{server}',
    'client-id': 'me',
    'idp-certificate-authority-data': '{ca}',
    ...config,
  });

const clusters: Readonly<Record<string, Case>> = {
  'a CA as a file and as data': { cluster: { 'certificate-authority-data': '{ca}' } },
  'a CA that is not there': { cluster: { 'certificate-authority': 'absent' } },
  'a CA that is a folder': { cluster: { 'certificate-authority': 'folder' } },
  'a CA that is no certificate': { cluster: { 'certificate-authority': 'no-pem' } },
  'a CA as data that is no certificate': {
    cluster: { 'certificate-authority': undefined, 'certificate-authority-data': 'YWJj' },
  },
  'a CA as data that is no base64': {
    cluster: { 'certificate-authority': undefined, 'certificate-authority-data': '%%%' },
  },
  'a CA as data that is PEM itself': {
    cluster: {
      'certificate-authority': undefined,
      'certificate-authority-data': '-----BEGIN CERTIFICATE-----',
    },
  },
  'an authority that the system does not know': { cluster: { 'certificate-authority': undefined } },
  'an empty CA': { cluster: { 'certificate-authority': 'empty' } },
  'no verification beside a CA': { cluster: { 'insecure-skip-tls-verify': true } },
  'no verification beside a CA as data': {
    cluster: {
      'certificate-authority': undefined,
      'certificate-authority-data': '{ca}',
      'insecure-skip-tls-verify': true,
    },
  },
  'a proxy of an unknown kind': { cluster: { 'proxy-url': 'ftp://127.0.0.1:1' } },
  'a proxy without a kind': { cluster: { 'proxy-url': '127.0.0.1:{proxyPort}' } },
  'a proxy by socks5h': { cluster: { 'proxy-url': 'socks5h://127.0.0.1:1' } },
  'a proxy that is no address': { cluster: { 'proxy-url': 'http://[::1' } },
  'a proxy that does not answer': { cluster: { 'proxy-url': 'http://127.0.0.1:1' } },
  'a server name that the certificate has not': { cluster: { 'tls-server-name': 'other.test' } },
  'a server that is no address': { cluster: { server: 'https://[' } },
  'an empty server': { cluster: { server: '' } },
  'a cluster of nothing but a CA': { cluster: { server: undefined } },
  'a server of an unknown kind': { cluster: { server: 'ftp://127.0.0.1:{port}' } },
  'a proxy of the environment that is no address': { cluster: named, env: { HTTPS_PROXY: 'http://[::1' } },
};

const users: Readonly<Record<string, Case>> = {
  'a certificate without a key': { user: { 'client-certificate': 'crt' } },
  'a certificate as data without a key': { user: { 'client-certificate-data': '{crt}' } },
  'a certificate without a key beside a token': { user: { token: 't', 'client-certificate': 'crt' } },
  'a certificate that is not there': { user: { 'client-certificate': 'absent', 'client-key': 'key' } },
  'a key that is not there': { user: { 'client-certificate': 'crt', 'client-key': 'absent' } },
  'a certificate as a file and as data': { user: { ...crt, 'client-certificate-data': '{crt}' } },
  'a key as a file and as data': { user: { ...crt, 'client-key-data': '{key}' } },
  'a certificate and the key of another': { user: { ...crt, 'client-key': 'other-key' } },
  'a certificate that is none': { user: { ...crt, 'client-certificate': 'no-pem' } },
  'a key that is none': { user: { ...crt, 'client-key': 'no-pem' } },
  'a key as data that is no base64': { user: { 'client-certificate': 'crt', 'client-key-data': '%%%' } },
  'a token file that is not there': { user: { tokenFile: 'absent' } },
  'a token file that is a folder': { user: { tokenFile: 'folder' } },
  'a token with an end of line': { user: { token: 'a\nb' } },
  'a token and a password': { user: { token: 't', username: 'u', password: 'p' } },
  'a token file and a name': { user: { tokenFile: 'token', username: 'u' } },
  'a token and a password without a name': { user: { token: 't', password: 'p' } },
  'groups of nobody': { user: { token: 't', 'as-groups': ['a'] } },
  'a UID of nobody': { user: { token: 't', 'as-uid': 'a' } },
  'more of nobody': { user: { token: 't', 'as-user-extra': { a: ['b'] } } },
  'the provider that was for azure': { user: provider('azure') },
  'the provider that was for gcp': { user: provider('gcp', { 'cmd-path': '{folder}/plugin' }) },
  'a provider that nobody knows': { user: provider('openstack') },
  'OIDC without an issuer': { user: provider('oidc', { 'client-id': 'me', 'id-token': '{idToken}' }) },
  'OIDC without a client': {
    user: provider('oidc', { 'idp-issuer-url': '{server}', 'id-token': '{idToken}' }),
  },
  'OIDC whose token ended, with nothing to renew it': { user: oidc({ 'id-token': '{oldIdToken}' }) },
  'OIDC without a token': { user: oidc({}) },
  'OIDC with a token that is none': { user: oidc({ 'id-token': 'none' }) },
  'OIDC whose provider does not answer': {
    user: oidc({ 'id-token': '{oldIdToken}', 'refresh-token': 'r', 'idp-issuer-url': 'https://127.0.0.1:1' }),
  },
  'OIDC whose provider is of an authority that nobody knows': {
    user: oidc({
      'id-token': '{oldIdToken}',
      'refresh-token': 'r',
      'idp-certificate-authority-data': undefined,
    }),
  },
};

const plugins: Readonly<Record<string, Case>> = {
  'a plugin without a version': { user: { exec: { ...exec, apiVersion: undefined } } },
  'a plugin of v1alpha1': {
    user: { exec: { ...exec, apiVersion: 'client.authentication.k8s.io/v1alpha1' } },
  },
  'a plugin without a command': { user: { exec: { ...exec, command: undefined } } },
  'a plugin without interactiveMode': { user: { exec: { ...exec, interactiveMode: undefined } } },
  'a plugin of an unknown interactiveMode': { user: { exec: { ...exec, interactiveMode: 'never' } } },
  'a plugin with a variable without a name': { user: { exec: { ...exec, env: [{ value: 'a' }] } } },
  'a plugin that wants a terminal': { user: { exec: { ...exec, interactiveMode: 'Always' } } },
  'a plugin that is not there': { user: { exec: { ...exec, command: './absent', installHint: 'get it' } } },
  'a plugin that is not in the search path': {
    user: { exec: { ...exec, command: 'is-nowhere', installHint: 'get it' } },
  },
  'a plugin that cannot be run': { user: { exec: { ...exec, command: './token' } } },
  'a plugin that is a folder': { user: { exec: { ...exec, command: './folder' } } },
  'a plugin beside a provider': { user: { exec, ...provider('oidc') } },
  'a plugin of an unknown version beside a token': {
    user: { token: 't', exec: { ...exec, apiVersion: 'v1' } },
  },
  'a plugin that fails': { user: { exec: { ...exec, command: 'false' } } },
  'a plugin that answers nothing': { user: { exec: { ...exec, command: 'true' } } },
  'a plugin that answers by another version': {
    user: { exec: answering({ token: 'x' }, { apiVersion: `${v1}beta1` }) },
  },
  'a plugin that answers something else': { user: { exec: answering({ token: 'x' }, { kind: 'Pod' }) } },
  'a plugin that answers without a status': { user: { exec: answering(null) } },
  'a plugin that answers without a credential': { user: { exec: answering({}) } },
  'a plugin that answers with half a certificate': {
    user: { exec: answering({ clientCertificateData: 'c' }) },
  },
  'a plugin that answers with a certificate that is none': {
    user: { exec: answering({ clientCertificateData: 'c', clientKeyData: 'k' }) },
  },
  'a plugin that answers with a token that is no text': { user: { exec: answering({ token: 1 }) } },
  'a plugin that answers with an end that is no time': {
    user: { exec: answering({ token: 'x', expirationTimestamp: 'soon' }) },
  },
};

const typed: Readonly<Record<string, Case>> = Object.fromEntries(
  Object.entries<Case>({
    apiVersion: { file: { apiVersion: 'v2' } },
    kind: { file: { kind: 'Configuration' } },
    'a section that is a map': { file: { contexts: {} } },
    'a cluster that is text': { also: { clusters: [{ name: 'other', cluster: 'text' }] } },
    'an entry that is text': { also: { users: ['text'] } },
    'a name that is a number': { also: { users: [{ name: 1 }] } },
    'current-context': { file: { 'current-context': 1 } },
    server: { also: { clusters: [{ name: 'other', cluster: { server: 1 } }] } },
    'insecure-skip-tls-verify': { cluster: { 'insecure-skip-tls-verify': 'false' } },
    'disable-compression': { cluster: { 'disable-compression': 'true way' } },
    'tls-server-name': { cluster: { 'tls-server-name': ['a'] } },
    token: { user: { token: 12345 } },
    'token of another user': { also: { users: [{ name: 'other', user: { token: 12345 } }] } },
    'token that YAML 1.1 takes for a truth value': {
      user: { token: 'YES' },
      text: (document) => JSON.stringify(document).replace('"YES"', 'yes'),
    },
    tokenFile: { user: { tokenFile: true } },
    password: { user: { username: 'u', password: 1234 } },
    as: { user: { token: 't', as: 1 } },
    'as-groups': { user: { token: 't', as: 'a', 'as-groups': 'b' } },
    'a group': { user: { token: 't', as: 'a', 'as-groups': [1] } },
    'as-user-extra': { user: { token: 't', as: 'a', 'as-user-extra': { b: 'c' } } },
    exec: { user: { exec: 'aws' } },
    'exec.args': { user: { exec: { ...exec, args: 'a' } } },
    'exec.args, one of which is a number': { user: { exec: { ...exec, args: [1] } } },
    'exec.env': { user: { exec: { ...exec, env: { A: 'b' } } } },
    'exec.env, one value of which is a number': {
      user: { exec: { ...exec, env: [{ name: 'A', value: 1 }] } },
    },
    'exec.provideClusterInfo': { user: { exec: { ...exec, provideClusterInfo: 'true' } } },
    'auth-provider.config': { user: { token: 't', ...provider('oidc', { a: 1 }) } },
    'context.namespace': { context: { cluster: 'c', user: 'u', namespace: 1 } },
    extensions: { cluster: { extensions: {} } },
    'a key as data, of another user, that is no base64': {
      also: { users: [{ name: 'other', user: { 'client-key-data': '%' } }] },
    },
  }).map(([name, one]) => [`a wrong value: ${name}`, one]),
);

const files: Readonly<Record<string, Case>> = {
  ...typed,
  'a file that is no YAML': { after: 'clusters: [' },
  'an anchor that is not there': { after: 'users: *absent\n' },
  'a file that is a list': { after: '- a\n' },
  'a file that is text': { after: 'kubeconfig\n' },
  'a file that is a folder': { list: (list) => `${list}:{folder}/folder` },
  'a file below a file': { list: (list) => `${list}:{folder}/token/config` },
  'a file of another kind': { after: 'apiVersion: v1\nkind: Pod\n' },
  'a user that is there twice': { also: { users: [{ name: 'u', user: {} }] } },
  'a cluster that is there twice': { also: { clusters: [{ name: 'c', cluster: {} }] } },
  'a context that is there twice': { also: { contexts: [{ name: 'x', context: {} }] } },
  'two entries without a name': { also: { users: [{ user: {} }, { user: {} }] } },
  'an extension that is there twice': {
    cluster: {
      extensions: [
        { name: 'a', extension: {} },
        { name: 'a', extension: {} },
      ],
    },
  },
  'a list of empty items': { list: () => '::' },
  'a list with a home folder that no shell wrote out': { list: () => '~/main' },
  'a cluster that is not there': { context: { cluster: 'absent', user: 'u' } },
  'a context without a cluster': { context: { user: 'u' } },
  'a context that is not there': { use: 'other' },
  'no current context': { use: null },
  'a current context that is not there': { use: null, file: { 'current-context': 'y' } },
  'a context of nothing': { also: { contexts: [{ name: 'other', context: null }] }, use: 'other' },
};

/** What kubectl and isthmus refuse alike. */
export const refused: Readonly<Record<string, Case>> = {
  ...clusters,
  ...users,
  ...plugins,
  ...files,
  ...exemptRefused,
};
