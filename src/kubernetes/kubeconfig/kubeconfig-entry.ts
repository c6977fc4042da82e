import type { KubeConnection } from '../types.ts';

const execExtension = 'client.authentication.k8s.io/exec';

type Raw = Readonly<Record<string, unknown>>;

/** One context of a kubeconfig with its cluster and user, in the file format's own keys. */
export interface KubeconfigEntry {
  /** Name of the context. */
  readonly name: string;
  readonly cluster: Raw & { readonly server: string };
  readonly user: Raw;
}

/** A kubeconfig entry, by another name if given, that connects as `connection` does. */
export function kubeconfigEntry(connection: KubeConnection, name = connection.cluster): KubeconfigEntry {
  const { cluster, user } = connection.config;
  return {
    name,
    cluster: {
      server: cluster.server,
      ...given({
        'certificate-authority-data': cluster.caData,
        'certificate-authority': cluster.caFile,
        'insecure-skip-tls-verify': cluster.skipTLSVerify || undefined,
        'tls-server-name': cluster.tlsServerName,
        'proxy-url': cluster.proxyUrl,
        'disable-compression': cluster.disableCompression,
        extensions: cluster.execConfig && [{ name: execExtension, extension: cluster.execConfig }],
      }),
    },
    user: given({
      'client-certificate-data': user.certData,
      'client-certificate': user.certFile,
      'client-key-data': user.keyData,
      'client-key': user.keyFile,
      token: user.token,
      username: user.username,
      password: user.password,
      tokenFile: user.tokenFile,
      as: user.impersonateUser,
      'as-uid': user.impersonateUid,
      'as-groups': user.impersonateGroups,
      'as-user-extra': user.impersonateExtra,
      exec: user.exec,
      'auth-provider': user.authProvider,
    }),
  };
}

const given = (record: Record<string, unknown>): Raw =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined && value !== null));
