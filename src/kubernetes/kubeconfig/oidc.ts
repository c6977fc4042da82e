import { IsthmusError } from '../../errors/index.ts';
import { jwtClaims } from '../jwt-claims.ts';
import { findEntry, parseKubeconfig, printKubeconfig, setInEntry } from './kubeconfig-document.ts';
import { type LoadedEntry, loadFiles } from './loading.ts';
import { type OidcSettings, renewedTokens } from './oidc-renewal.ts';
import { editPrivateFile } from './private-file.ts';

type Content = Readonly<Record<string, unknown>>;

const gone: Readonly<Record<string, string>> = {
  azure: 'https://github.com/Azure/kubelogin',
  gcp: 'gke-gcloud-auth-plugin',
};

/** What kubectl refuses of an `auth-provider`, of which it knows oidc alone. */
export function providerProblems({ name, config }: Content): string[] {
  const instead = gone[String(name)];
  if (instead) return [`has auth-provider ${name}, which kubectl gave up for the exec plugin ${instead}`];
  if (name !== 'oidc') return [`has auth-provider ${name || 'without a name'}, which nobody knows`];
  return ['idp-issuer-url', 'client-id'].flatMap((key) =>
    (config as OidcSettings | undefined)?.[key] ? [] : [`has auth-provider oidc without ${key}`],
  );
}

/** A token that ends within this time is renewed, as client-go has it. Milliseconds. */
const marginMs = 10_000;

/** Renewals under way, as no refresh token may be good twice. */
const renewing = new Map<string, Promise<string>>();

/**
 * The ID token of a user with `auth-provider` oidc. One that has ended is renewed and, as kubectl does it, written
 * into the kubeconfig that it is from: the provider may take each refresh token only once. Throws
 * CLUSTER_UNREACHABLE, and what {@link editPrivateFile} throws.
 */
export async function oidcToken(entry: LoadedEntry): Promise<string> {
  const key = `${entry.file}\n${entry.name}`;
  const known = renewing.get(key) ?? currentToken(entry).finally(() => renewing.delete(key));
  renewing.set(key, known);
  return known;
}

async function currentToken(loaded: LoadedEntry): Promise<string> {
  // Somebody else may have renewed it since it was loaded.
  const entry = loadFiles([loaded.file], false).users.get(loaded.name) ?? loaded;
  const settings = settingsOf(entry);
  const token = settings['id-token'];
  if (token && isOpen(token, entry)) return token;
  const refresh = settings['refresh-token'];
  if (!refresh)
    throw signIn(entry, token ? 'has an ID token that has ended, and no refresh token' : 'has no ID token');
  const renewed = await renewedTokens(settings, (how) => signIn(entry, how));
  await keep(entry, { 'id-token': renewed.idToken, 'refresh-token': renewed.refreshToken ?? refresh });
  return renewed.idToken;
}

const settingsOf = ({ content }: LoadedEntry): OidcSettings =>
  ((content['auth-provider'] as Content | undefined)?.['config'] ?? {}) as OidcSettings;

function isOpen(token: string, entry: LoadedEntry): boolean {
  const claims = jwtClaims(token);
  if (!claims) throw signIn(entry, 'has an ID token that is no JSON Web Token');
  return Number(claims.exp ?? 0) * 1000 > Date.now() + marginMs;
}

async function keep({ file, name }: LoadedEntry, tokens: Record<string, string>): Promise<void> {
  await editPrivateFile(file, (text) => {
    const document = parseKubeconfig(text, file);
    if (!findEntry(document, 'users', name)) return undefined;
    for (const [key, value] of Object.entries(tokens))
      setInEntry(document, { section: 'users', name, path: ['auth-provider', 'config', key] }, value);
    return printKubeconfig(document, text);
  });
}

const signIn = ({ name, file }: LoadedEntry, how: string) =>
  new IsthmusError('CLUSTER_UNREACHABLE', `user ${name} in ${file} ${how}`, {
    hint: 'sign in again with the program that wrote this user',
    where: { file },
  });
