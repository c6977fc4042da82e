import { readFile } from 'node:fs/promises';
import type { AgentOptions } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { IsthmusError } from '../../errors/index.ts';
import {
  type ClusterEntry,
  type KubeConfiguration,
  plainSignIn,
  type SignIn,
  type UserEntry,
} from './configuration.ts';
import { environmentProxy } from './environment-proxy.ts';
import {
  type ExecPlugin,
  forgetAnswer,
  type PluginCluster,
  pluginCredential,
  takesTerminal,
} from './exec-plugin.ts';
import type { LoadedEntry } from './loading.ts';
import { oidcToken } from './oidc.ts';
import type { PluginCredential } from './plugin-answer.ts';
import { proxyAgent } from './proxy-agent.ts';
import { serverAddress } from './server-address.ts';

/** The context, cluster and user that a connection is made by. */
export interface LoadedContext {
  readonly context: LoadedEntry;
  readonly cluster: LoadedEntry;
  readonly user: LoadedEntry | undefined;
  /** Whether the environment's proxy settings hold; not for clusters of this machine. */
  readonly byEnvironment: boolean;
}

/**
 * A configuration that signs in as kubectl does. What the kubeconfig says is resolved here, from token files, plugins,
 * OIDC, impersonation and proxies, to a plain user with a token and certificates. @kubernetes/client-node has these in
 * part or not at all, and loading it takes longer than a whole look at a cluster.
 */
export class KubectlConfiguration implements KubeConfiguration {
  readonly #loaded: LoadedContext;
  readonly #other: UserEntry | undefined;
  #given: PluginCredential | undefined;

  /** As the context's user, if no other is given. */
  constructor(loaded: LoadedContext, other?: UserEntry) {
    this.#loaded = loaded;
    this.#other = other;
  }

  get cluster(): ClusterEntry {
    return clusterOf(this.#loaded.cluster);
  }

  get user(): UserEntry {
    return this.#other ?? userOf(this.#loaded.user, this.#loaded.cluster.name);
  }

  /** Whoever is to be asked at the terminal is asked at once: what is done later has a time limit. */
  async askAtTerminal(): Promise<void> {
    const plugin = pluginOf(this.#loaded);
    if (plugin && takesTerminal(plugin)) await this.signIn();
  }

  withUser(user: UserEntry): KubeConfiguration {
    return new KubectlConfiguration({ ...this.#loaded, user: undefined }, user);
  }

  credentialsEnd(): number {
    return this.#given?.endsAt ?? Number.POSITIVE_INFINITY;
  }

  async forgetCredentials(): Promise<void> {
    if (this.#given) await forgetAnswer(this.#given);
  }

  async signIn(): Promise<SignIn> {
    const { cluster, user } = this;
    const { server, proxyUrl } = cluster;
    // kubectl says nothing of its user where everybody could read it, save whom it wants to be.
    const isPlain = server.startsWith('http:');
    const { headers, tls } = isPlain ? { headers: {}, tls: {} } : await this.#identity(cluster, user);
    const proxy = proxyUrl || (this.#loaded.byEnvironment ? environmentProxy(server) : undefined);
    const agent = proxy ? await proxyAgent(proxy, server, tls) : undefined;
    return { headers: { ...headers, ...impersonation(user) }, tls, agent };
  }

  async #identity(cluster: ClusterEntry, user: UserEntry): Promise<SignIn> {
    const plugin = pluginOf(this.#loaded);
    this.#given = plugin && (await pluginCredential(plugin, toldOf(this.#loaded.cluster)));
    const own = { ...(await plainUser(user, this.#loaded.user)), ...pluginUser(this.#given) };
    const { headers, tls } = await plainSignIn(cluster, own);
    return { headers, tls: { ...tls, ...serverNameOf(tls) } };
  }
}

/** No server is told an address as its name (RFC 6066); its certificate is still held to it. */
function serverNameOf({ servername }: AgentOptions): AgentOptions {
  if (!servername || !isIP(servername)) return {};
  return {
    servername: '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(servername, certificate),
  };
}

/** The plugin that is asked: none where the kubeconfig states a credential itself. */
function pluginOf({ user }: LoadedContext): ExecPlugin | undefined {
  const content = user?.content ?? {};
  const stated = ['token', 'tokenFile', 'username', 'client-certificate', 'client-certificate-data'];
  if (stated.some((key) => content[key])) return undefined;
  return (content['exec'] ?? undefined) as ExecPlugin | undefined;
}

/** A server with a path is told without query and fragment, any other as it is stated. */
function toldOf({ content }: LoadedEntry): PluginCluster {
  const server = String(content['server']);
  const hasPath = URL.canParse(server) && new URL(server).pathname.length > 1;
  return { server: hasPath ? server.replace(/[?#].*$/s, '') : server, content };
}

const execExtension = 'client.authentication.k8s.io/exec';

const text = (value: unknown): string | undefined =>
  value === undefined || value === null || value === '' ? undefined : String(value);

function clusterOf({ name, content }: LoadedEntry): ClusterEntry {
  const extensions = (content['extensions'] ?? []) as ({ name?: string; extension?: unknown } | null)[];
  return {
    name,
    server: serverAddress(String(content['server'])) ?? '',
    skipTLSVerify: content['insecure-skip-tls-verify'] === true,
    ...given({
      caData: text(content['certificate-authority-data']),
      caFile: text(content['certificate-authority']),
      tlsServerName: text(content['tls-server-name']),
      proxyUrl: text(content['proxy-url']),
      disableCompression: content['disable-compression'] === true || undefined,
      execConfig: extensions.find((one) => one?.name === execExtension)?.extension,
    }),
  };
}

/** A context without a user stands for nobody. */
function userOf(entry: LoadedEntry | undefined, fallback: string): UserEntry {
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
      impersonateExtra: content['as-user-extra'] as UserEntry['impersonateExtra'],
      exec: content['exec'],
      authProvider: content['auth-provider'],
    }),
  };
}

/** As client-go weighs them: the token's file, where it can be read, before the token in the kubeconfig. */
async function plainUser(user: UserEntry, entry: LoadedEntry | undefined): Promise<UserEntry> {
  const { exec: _, authProvider, token, tokenFile, impersonateUser: _as, keyFile, keyData, ...own } = user;
  const fromFile = tokenFile
    ? await tokenIn(tokenFile, user.name).catch((error) => fallback(token, error))
    : token;
  const stated = fromFile || user.username || !authProvider || !entry ? fromFile : await oidcToken(entry);
  // A key is of no account without its certificate, and a name may have no password.
  const key = own.certFile || own.certData ? given({ keyFile, keyData }) : {};
  return { ...own, ...key, ...given({ token: stated, password: own.username && (own.password ?? '') }) };
}

function fallback(token: string | undefined, error: unknown): string {
  if (token) return token;
  throw error;
}

const base64 = (pem: string | undefined) => pem && Buffer.from(pem).toString('base64');

const pluginUser = (answer: PluginCredential | undefined) =>
  given({ token: answer?.token, certData: base64(answer?.certificate), keyData: base64(answer?.key) });

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

function impersonation(user: UserEntry): Record<string, string | string[]> {
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
