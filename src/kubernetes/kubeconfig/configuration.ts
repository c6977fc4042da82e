import { readFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import type { AgentOptions } from 'node:https';

/** A cluster as a kubeconfig states it; paths are absolute, `Data` is base64 of PEM. */
export interface ClusterEntry {
  readonly name: string;
  readonly server: string;
  readonly skipTLSVerify?: boolean | undefined;
  readonly caData?: string | undefined;
  readonly caFile?: string | undefined;
  readonly tlsServerName?: string | undefined;
  readonly proxyUrl?: string | undefined;
  readonly disableCompression?: boolean | undefined;
  /** What the cluster has for its users' plugins. */
  readonly execConfig?: unknown;
}

/** A user as a kubeconfig states it; paths are absolute, `Data` is base64 of PEM. */
export interface UserEntry {
  readonly name: string;
  readonly certData?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyData?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly impersonateUser?: string | undefined;
  readonly impersonateUid?: string | undefined;
  readonly impersonateGroups?: readonly string[] | undefined;
  readonly impersonateExtra?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly exec?: unknown;
  readonly authProvider?: unknown;
}

/** What every request to an API server carries. */
export interface SignIn {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly tls: Readonly<AgentOptions>;
  /** Of the proxy that leads there, if one does. */
  readonly agent?: Agent | undefined;
}

/** How one API server is reached, and as whom. */
export interface KubeConfiguration {
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
  /** Reads files anew and asks plugins whose answers have ended. */
  signIn(): Promise<SignIn>;
  /** Another configuration that leads to the same server by the same way, but as another user. */
  withUser(user: UserEntry): KubeConfiguration;
  /** When what was given last ends, in milliseconds since 1970; never without it. */
  credentialsEnd?(): number;
  /** What was given last was not accepted: a plugin is asked again. */
  forgetCredentials?(): Promise<void>;
}

/** A configuration of a cluster and a user with a token, certificates or a password, and no more. */
export function plainConfiguration(cluster: ClusterEntry, user: UserEntry): KubeConfiguration {
  return {
    cluster,
    user,
    signIn: () => plainSignIn(cluster, user),
    withUser: (other) => plainConfiguration(cluster, other),
  };
}

/** Throws what reading the files of certificates and keys throws. */
export async function plainSignIn(cluster: ClusterEntry, user: UserEntry): Promise<SignIn> {
  const [ca, cert, key] = await Promise.all([
    pemOf(cluster.caData, cluster.caFile),
    pemOf(user.certData, user.certFile),
    pemOf(user.keyData, user.keyFile),
  ]);
  const tls: AgentOptions = {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(cluster.skipTLSVerify && { rejectUnauthorized: false }),
    ...(cluster.tlsServerName && { servername: cluster.tlsServerName }),
  };
  const authorization = authorizationOf(user);
  return { headers: authorization ? { Authorization: authorization } : {}, tls };
}

/** As kubectl weighs them, what is stated goes before its file. */
async function pemOf(data: string | undefined, file: string | undefined): Promise<Buffer | undefined> {
  if (data) return Buffer.from(data, 'base64');
  return file ? readFile(file) : undefined;
}

function authorizationOf({ token, username, password = '' }: UserEntry): string | undefined {
  if (username) return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return token ? `Bearer ${token}`.trim() : undefined;
}
