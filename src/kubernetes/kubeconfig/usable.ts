import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { IsthmusError, messageOf } from '../../errors/index.ts';
import type { LoadedEntry } from './loading.ts';
import { providerProblems } from './oidc.ts';
import { serverAddress } from './server-address.ts';

/**
 * Throw KUBECONFIG_INVALID, naming the file and the entry, for what kubectl refuses as well
 * (`validateClusterInfo` and `validateAuthInfo` of client-go's clientcmd, and its transport's rules).
 */
export function assertUsable(cluster: LoadedEntry, user: LoadedEntry | undefined): void {
  refuse('cluster', cluster, clusterProblems(cluster.content));
  if (user) refuse('user', user, userProblems(user.content));
}

function refuse(kind: string, { name, file }: LoadedEntry, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new IsthmusError('KUBECONFIG_INVALID', `${kind} ${name} in ${file} ${problems.join('; and ')}`, {
    hint: 'correct the entry; kubectl refuses it as well',
    where: { file },
  });
}

type Content = LoadedEntry['content'];

function clusterProblems(content: Content): string[] {
  const [file, data] = [content['certificate-authority'], content['certificate-authority-data']];
  return [
    ...serverProblems(content['server']),
    ...(file && data ? ['has both certificate-authority and certificate-authority-data'] : []),
    ...(content['insecure-skip-tls-verify'] === true && (file || data)
      ? ['has insecure-skip-tls-verify beside a certificate authority']
      : []),
    ...authorityProblems(content),
    ...proxyProblems(content['proxy-url']),
  ];
}

function serverProblems(server: unknown): string[] {
  if (!server) return ['has no server'];
  return serverAddress(String(server)) === undefined
    ? [`has a server ${server}, which is no address of HTTP or HTTPS`]
    : [];
}

function authorityProblems(content: Content): string[] {
  const { problems, pem } = readPem(content, 'certificate-authority');
  if (pem === undefined || pem === '') return problems;
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
  return blocks.some(isCertificate) ? problems : ['has a certificate authority without a certificate in PEM'];
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

function proxyProblems(proxy: unknown): string[] {
  if (!proxy) return [];
  const scheme = /^([a-z0-9]+):\/\//i.exec(String(proxy))?.[1]?.toLowerCase() ?? '';
  if (!['http', 'https', 'socks5'].includes(scheme))
    return ['has a proxy-url whose scheme is not one of http, https and socks5'];
  return URL.canParse(String(proxy)) ? [] : ['has a proxy-url that is no address'];
}

function userProblems(content: Content): string[] {
  const impersonated = ['as-uid', 'as-groups', 'as-user-extra'].filter((name) => hasSome(content[name]));
  const { token, tokenFile, username, password } = content;
  const isTwofold = token ? username || password : tokenFile && username;
  return [
    ...certificateProblems(content),
    ...(isTwofold ? ['has both a token and a user name with a password'] : []),
    ...(/[^\t\x20-\x7e\x80-\xff]/.test(String(token ?? ''))
      ? ['has a token with characters that no token has']
      : []),
    ...(content['exec'] && content['auth-provider'] ? ['has both exec and auth-provider'] : []),
    ...(content['exec'] ? execProblems(content['exec'] as Content) : []),
    ...(content['auth-provider'] ? providerProblems(content['auth-provider'] as Content) : []),
    ...(impersonated.length > 0 && !content['as'] ? [`has ${impersonated.join(', ')} without as`] : []),
  ];
}

const hasSome = (value: unknown): boolean =>
  typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);

/** A key that no certificate needs is not looked at. */
function certificateProblems(content: Content): string[] {
  const has = (name: string) => content[name] || content[`${name}-data`];
  if (!has('client-certificate')) return [];
  if (!has('client-key')) return ['has a client certificate without a client key'];
  const twice = ['client-certificate', 'client-key'].flatMap((name) => both(content, name));
  const [cert, key] = [readPem(content, 'client-certificate'), readPem(content, 'client-key')];
  const problems = [...twice, ...cert.problems, ...key.problems];
  return problems.length > 0 ? problems : pairProblems(cert.pem ?? '', key.pem ?? '');
}

function pairProblems(cert: string, key: string): string[] {
  try {
    createSecureContext({ cert, key });
    return [];
  } catch (error) {
    // OpenSSL's reasons quote nothing of what it read.
    return [`has a client certificate and key that cannot be used: ${messageOf(error)}`];
  }
}

const both = (content: Content, name: string): string[] =>
  content[name] && content[`${name}-data`] ? [`has both ${name} and ${name}-data`] : [];

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

function execProblems(exec: Content): string[] {
  const { command, apiVersion, interactiveMode, env } = exec;
  const unnamed = ((env ?? []) as ({ name?: string } | null)[]).some((one) => !one?.name);
  const modes = ['Never', 'IfAvailable', 'Always'];
  const stated = Boolean(interactiveMode);
  return [
    ...(command ? [] : ['has an exec without a command']),
    ...(versions.includes(String(apiVersion))
      ? []
      : [`has an exec whose apiVersion is ${apiVersion || 'missing'}`]),
    ...(unnamed ? ['has an exec with an environment variable that has no name'] : []),
    ...(!stated && apiVersion === versions[0] ? ['has an exec without interactiveMode'] : []),
    ...(stated && !modes.includes(String(interactiveMode))
      ? [`has an exec whose interactiveMode is ${interactiveMode}`]
      : []),
  ];
}

/** What a field holds as a file or as data; data goes before. */
function readPem(content: Content, name: string): { problems: string[]; pem?: string } {
  const [path, data] = [content[name], content[`${name}-data`]];
  if (data) return { problems: [], pem: Buffer.from(String(data), 'base64').toString() };
  if (!path) return { problems: [] };
  try {
    return { problems: [], pem: readFileSync(String(path), 'utf8') };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { problems: [`names ${name} ${path}, which cannot be read: ${code}`] };
  }
}
