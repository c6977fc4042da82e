import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import type { Cluster, KubeConfig, User } from '@kubernetes/client-node';
import { IsthmusError } from '../../errors/index.ts';
import { environmentProxy } from './environment-proxy.ts';
import { askPlugin, type ExecPlugin, type PluginCredential } from './exec-plugin.ts';
import type { LoadedEntry } from './loading.ts';

/** The context, cluster and user that a connection is made by. */
export interface LoadedContext {
  readonly context: LoadedEntry;
  readonly cluster: LoadedEntry;
  readonly user: LoadedEntry | undefined;
  /** Whether the environment's proxy settings hold; not for clusters of this machine. */
  readonly byEnvironment: boolean;
}

/** A user with what the client library has no field for. */
export interface KubectlUser extends User {
  readonly tokenFile?: string | undefined;
  readonly impersonateUid?: string | undefined;
  readonly impersonateGroups?: readonly string[] | undefined;
  readonly impersonateExtra?: Readonly<Record<string, readonly string[]>> | undefined;
}

type ConfigClass = typeof KubeConfig;

/** What a configuration of {@link kubectlConfig} can beside what the client library's own can. */
export interface KubectlConfiguration {
  /** The cluster, with the proxy that leads to it, whether the kubeconfig or the environment names it. */
  reachedCluster(): Cluster;
}

/**
 * A configuration that signs in as kubectl does. The client library reads no `tokenFile`, impersonates by
 * name alone, runs plugins without telling them what for, knows no proxy of the environment, and without a
 * user forgets the cluster's CA. So what the kubeconfig says is resolved here, and the library is given a
 * plain user with a token and certificates, for which it does what it does well: TLS, proxies, OIDC.
 */
export function kubectlConfig(Base: ConfigClass, loaded: LoadedContext): KubeConfig {
  class KubectlConfig extends Base implements KubectlConfiguration {
    reachedCluster(): Cluster {
      const cluster = clusterOf(loaded.cluster);
      const proxyUrl =
        cluster.proxyUrl || (loaded.byEnvironment ? environmentProxy(cluster.server) : undefined);
      // The library refuses plain HTTP without it, and has nothing to verify then.
      const skipTLSVerify = cluster.skipTLSVerify || cluster.server.startsWith('http:');
      return { ...cluster, skipTLSVerify, ...(proxyUrl ? { proxyUrl } : {}) };
    }

    override async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
      const user = userOf(loaded.user, loaded.cluster.name);
      const plain = new Base();
      plain.loadFromClusterAndUser(this.reachedCluster(), await plainUser(user, loaded));
      await plain.applyToHTTPSOptions(options);
      options.headers = { ...options.headers, ...impersonation(user) };
    }
  }
  const config = new KubectlConfig();
  const { name, content } = loaded.context;
  const user = userOf(loaded.user, loaded.cluster.name);
  config.loadFromOptions({
    clusters: [clusterOf(loaded.cluster)],
    users: [user],
    contexts: [{ name, cluster: loaded.cluster.name, user: user.name, namespace: content['namespace'] }],
    currentContext: name,
  });
  return config;
}

const text = (value: unknown): string | undefined =>
  value === undefined || value === null || value === '' ? undefined : String(value);

function clusterOf({ name, content }: LoadedEntry): Cluster {
  return {
    name,
    server: String(content['server']).replace(/\/$/, ''),
    skipTLSVerify: content['insecure-skip-tls-verify'] === true,
    ...given({
      caData: text(content['certificate-authority-data']),
      caFile: text(content['certificate-authority']),
      tlsServerName: text(content['tls-server-name']),
      proxyUrl: text(content['proxy-url']),
    }),
  };
}

/** A context without a user stands for nobody. */
function userOf(entry: LoadedEntry | undefined, fallback: string): KubectlUser {
  const content = entry?.content ?? {};
  const field = (key: string) => text(content[key]);
  return {
    name: entry?.name ?? fallback,
    ...given({
      certData: field('client-certificate-data'),
      certFile: field('client-certificate'),
      keyData: field('client-key-data'),
      keyFile: field('client-key'),
      token: field('token'),
      tokenFile: field('tokenFile'),
      username: field('username'),
      password: field('password'),
      impersonateUser: field('as'),
      impersonateUid: field('as-uid'),
      impersonateGroups: content['as-groups'] as readonly string[] | undefined,
      impersonateExtra: content['as-user-extra'] as KubectlUser['impersonateExtra'],
      exec: content['exec'],
      authProvider: content['auth-provider'],
    }),
  };
}

/**
 * As client-go weighs them: the token's file before the token in the kubeconfig, and both, or a password,
 * before a plugin, which is not even run for its token then.
 */
async function plainUser(user: KubectlUser, { cluster }: LoadedContext): Promise<User> {
  const { exec, token, tokenFile, impersonateUser: _as, ...own } = user;
  const stated = tokenFile ? await tokenIn(tokenFile, user.name) : token;
  if (!exec || stated || user.username) return { ...own, ...given({ token: stated }) };
  const told = { server: clusterOf(cluster).server, content: cluster.content };
  return { ...own, ...pluginUser(await askPlugin(exec as ExecPlugin, told)) };
}

const base64 = (pem: string | undefined) => pem && Buffer.from(pem).toString('base64');

const pluginUser = ({ token, certificate, key }: PluginCredential) =>
  given({ token, certData: base64(certificate), keyData: base64(key) });

async function tokenIn(path: string, user: string): Promise<string> {
  const content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new IsthmusError(
      'KUBECONFIG_INVALID',
      `cannot read ${path}, the tokenFile of user ${user}: ${error.code}`,
      {
        hint: 'correct the path, or have the file written again',
      },
    );
  });
  if (content.trim()) return content.trim();
  throw new IsthmusError('KUBECONFIG_INVALID', `${path}, the tokenFile of user ${user}, is empty`, {
    hint: 'have the file written again',
  });
}

function impersonation(user: KubectlUser): Record<string, string | string[]> {
  if (!user.impersonateUser) return {};
  const extra = Object.entries(user.impersonateExtra ?? {}).map(
    ([key, values]) => [`Impersonate-Extra-${headerKey(key)}`, [...values]] as const,
  );
  return {
    'Impersonate-User': user.impersonateUser,
    ...given({ 'Impersonate-Uid': user.impersonateUid }),
    ...(user.impersonateGroups?.length ? { 'Impersonate-Group': [...user.impersonateGroups] } : {}),
    ...Object.fromEntries(extra),
  };
}

/** What no header's name may hold is percent-encoded, as in client-go's `headerKeyEscape`. */
const headerKey = (key: string): string =>
  key.replace(/[^!#$&'*+.^_`|~0-9A-Za-z-]/gu, (one) =>
    encodeURIComponent(one).replace(/[()]/g, (c) => `%${c.charCodeAt(0).toString(16)}`),
  );

const given = <T extends Record<string, unknown>>(record: T) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined && value !== null)) as {
    [K in keyof T]?: Exclude<T[K], undefined | null>;
  };
