import type { LoadedEntry } from '../../../kubernetes/index.ts';

/** By what a remote secret's user signs in. */
export type RemoteCredential =
  /** The token is a secret. */
  | { readonly kind: 'token'; readonly token: string; readonly user: AskingUser }
  /** PEM of the certificate. */
  | { readonly kind: 'certificate'; readonly certificate: string; readonly user: AskingUser }
  | { readonly kind: 'password'; readonly user: AskingUser }
  /** istiod gets it where this machine does not ask: from a provider, a program, or a file of its own pod. */
  | { readonly kind: 'elsewhere'; readonly what: string }
  | { readonly kind: 'none' };

/** Fields of the kubeconfig format by which this machine can ask as that user; secrets are among them. */
export type AskingUser = Readonly<Record<string, unknown>>;

/** A field for which istiod must be told that it may use it. */
export interface InsecureUse {
  /** As PILOT_INSECURE_MULTICLUSTER_KUBECONFIG_OPTIONS names it. */
  readonly option: string;
  /** Words of istiod's refusal. */
  readonly what: string;
}

type Content = LoadedEntry['content'];

const fields: Readonly<Record<string, string>> = {
  'client-key': 'clientKey',
  'client-certificate': 'clientCertificate',
  tokenFile: 'tokenFile',
  exec: 'exec',
};

/** What `sanitizeKubeConfig` of istio.io/istio pkg/kube/util.go refuses of a user unless it is told otherwise. */
export function insecureUses({ content }: LoadedEntry): InsecureUse[] {
  const provider = providerOf(content);
  return [
    ...(provider !== undefined && provider !== 'oidc'
      ? [{ option: provider, what: `auth-provider ${provider}` }]
      : []),
    ...Object.entries(fields).flatMap(([key, option]) => (content[key] ? [{ option, what: key }] : [])),
  ];
}

const providerOf = (content: Content): string | undefined => {
  const provider = content['auth-provider'] as { name?: unknown } | null | undefined;
  return provider ? String(provider.name ?? '') : undefined;
};

const impersonation = ['as', 'as-groups', 'as-user-extra'];

/** What client-go makes of a user with several: a file goes before a token, and what is stated before what has to be asked for. */
export function credentialOf(content: Content): RemoteCredential {
  const text = (key: string) => String(content[key] ?? '');
  const only = (...keys: string[]) => pick(content, [...keys, ...impersonation]);
  if (text('tokenFile')) return { kind: 'elsewhere', what: 'token in a file of istiod’s pod' };
  if (text('token')) return { kind: 'token', token: text('token'), user: only('token') };
  if (text('client-certificate') || text('client-key'))
    return { kind: 'elsewhere', what: 'client certificate in files of istiod’s pod' };
  if (text('client-certificate-data')) {
    const certificate = Buffer.from(text('client-certificate-data'), 'base64').toString('utf8');
    return { kind: 'certificate', certificate, user: only('client-certificate-data', 'client-key-data') };
  }
  if (text('username')) return { kind: 'password', user: only('username', 'password') };
  if (content['exec'])
    return { kind: 'elsewhere', what: 'credential from a program that istiod runs (exec)' };
  const provider = providerOf(content);
  if (provider !== undefined) return { kind: 'elsewhere', what: `token from auth-provider ${provider}` };
  return { kind: 'none' };
}

const pick = (content: Content, keys: readonly string[]): AskingUser =>
  Object.fromEntries(keys.flatMap((key) => (content[key] ? [[key, content[key]]] : [])));
