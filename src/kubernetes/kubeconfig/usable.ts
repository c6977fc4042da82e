import { accessSync, constants } from 'node:fs';
import { IsthmusError } from '../../errors/index.ts';
import type { LoadedEntry } from './loading.ts';

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
    ...(content['server'] ? [] : ['has no server']),
    ...(file && data ? ['has both certificate-authority and certificate-authority-data'] : []),
    ...(content['insecure-skip-tls-verify'] === true && (file || data)
      ? ['has insecure-skip-tls-verify beside a certificate authority']
      : []),
    ...unreadable(content, 'certificate-authority'),
    ...proxyProblems(content['proxy-url']),
  ];
}

function proxyProblems(proxy: unknown): string[] {
  if (!proxy) return [];
  const scheme = /^([a-z0-9]+):\/\//.exec(String(proxy))?.[1] ?? '';
  if (['http', 'https', 'socks5'].includes(scheme)) return [];
  return ['has a proxy-url whose scheme is not one of http, https and socks5'];
}

function userProblems(content: Content): string[] {
  const certificate = content['client-certificate'] ?? content['client-certificate-data'];
  const key = content['client-key'] ?? content['client-key-data'];
  const impersonated = ['as-uid', 'as-groups', 'as-user-extra'].filter((name) => content[name]);
  const ways = [content['token'] || content['tokenFile'], content['username'] || content['password']];
  return [
    ...(certificate && !key ? ['has a client certificate without a client key'] : []),
    ...['client-certificate', 'client-key'].flatMap((name) => both(content, name)),
    ...['client-certificate', 'client-key'].flatMap((name) => unreadable(content, name)),
    ...(ways.every(Boolean) ? ['has both a token and a user name with a password'] : []),
    ...(content['exec'] && content['auth-provider'] ? ['has both exec and auth-provider'] : []),
    ...(content['exec'] ? execProblems(content['exec'] as Content) : []),
    ...(impersonated.length > 0 && !content['as'] ? [`has ${impersonated.join(', ')} without as`] : []),
  ];
}

const both = (content: Content, name: string): string[] =>
  content[name] && content[`${name}-data`] ? [`has both ${name} and ${name}-data`] : [];

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

function execProblems(exec: Content): string[] {
  const { command, apiVersion, interactiveMode, env } = exec;
  const unnamed = ((env ?? []) as { name?: string }[]).some(({ name }) => !name);
  const modes = ['Never', 'IfAvailable', 'Always'];
  const stated = interactiveMode !== undefined && interactiveMode !== '';
  return [
    ...(command ? [] : ['has an exec without a command']),
    ...(versions.includes(String(apiVersion))
      ? []
      : [`has an exec whose apiVersion is ${apiVersion ?? 'missing'}`]),
    ...(unnamed ? ['has an exec with an environment variable that has no name'] : []),
    ...(!stated && apiVersion === versions[0] ? ['has an exec without interactiveMode'] : []),
    ...(stated && !modes.includes(String(interactiveMode))
      ? [`has an exec whose interactiveMode is ${interactiveMode}`]
      : []),
  ];
}

function unreadable(content: Content, name: string): string[] {
  const path = content[name];
  if (typeof path !== 'string' || path === '' || content[`${name}-data`]) return [];
  try {
    accessSync(path, constants.R_OK);
    return [];
  } catch (error) {
    return [`names ${name} ${path}, which cannot be read: ${(error as NodeJS.ErrnoException).code}`];
  }
}
