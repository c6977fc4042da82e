import { isIsthmusError } from '../../../errors/index.ts';
import { type LoadedEntry, type LoadedKubeconfig, loadText } from '../../../kubernetes/index.ts';
import { invalidEntry, namedAs, problemOf, without } from './invalid-entry.ts';
import { credentialOf, type InsecureUse, insecureUses, type RemoteCredential } from './remote-credential.ts';

/** Where a remote secret's kubeconfig leads. */
export interface RemoteServer {
  readonly server: string;
  /** Name that the API server's certificate must have; empty when it is the server's own. */
  readonly serverName: string;
  /** PEM; empty when the API server's certificate is a public one's. */
  readonly certificateAuthority: string;
  /** By which istiod goes to the server; empty when it goes straight. */
  readonly proxy: string;
}

/** What istiod makes of a kubeconfig: a server, verified in some way, and whom it asks it as. */
export interface KubeconfigAccess extends RemoteServer {
  readonly credential: RemoteCredential;
  /** By nothing, or by a file that only istiod's pod has, where it is not `certificateAuthority`. */
  readonly verifiedBy: 'authority' | 'nothing' | 'a file';
}

/** A remote secret's kubeconfig, read as istiod reads it. */
export interface RemoteKubeconfig {
  /** Undefined if istiod makes nothing of it. */
  readonly access: KubeconfigAccess | undefined;
  /** Why istiod makes nothing of it, without a byte of it that may be secret. */
  readonly refused: string | undefined;
  /** What istiod takes only if it is told to, of any of its users. */
  readonly insecure: readonly InsecureUse[];
}

/**
 * As `NewUntrustedRestConfig` of istio.io/istio pkg/kube/util.go reads what a remote secret holds: the current
 * context is used, but one entry that is not valid spoils all of it, and so does a user with a way to sign in that
 * reads files or runs programs. No file that it names is read here and no program run: they would be this machine's.
 */
export function readRemoteKubeconfig(text: string): RemoteKubeconfig {
  return readBesideToken(text) ?? read(text);
}

/** A token as API servers issue them, alone on its line, which no reader of YAML takes for anything but text. */
const tokenLine = /^( +token: )(eyJ[\w-]+\.[\w-]+\.[\w-]+)$/m;
const anyToken = 'eyJ';

/** What kubeconfigs come to that differ in their token alone, by their text with {@link anyToken} in its place. */
const besideToken = new Map<string, RemoteKubeconfig>();

/**
 * N clusters hold N kubeconfigs of each API server that have nothing but their token of their own, and to parse YAML
 * takes longer than all else that is done with one. Undefined where the token is not what istiod signs in by.
 */
function readBesideToken(text: string): RemoteKubeconfig | undefined {
  const [, , token] = tokenLine.exec(text) ?? [];
  if (!token) return undefined;
  const rest = text.replace(tokenLine, `$1${anyToken}`);
  const known = besideToken.get(rest) ?? read(rest);
  const { access } = known;
  if (access?.credential.kind !== 'token' || access.credential.token !== anyToken) return undefined;
  besideToken.set(rest, known);
  const { credential } = access;
  const own = { ...credential, token, user: { ...credential.user, token } };
  return { ...known, access: { ...access, credential: own } };
}

function read(text: string): RemoteKubeconfig {
  const loaded = load(text);
  if (!loaded) return refusal('it cannot be read as a kubeconfig');
  const insecure = [...loaded.users.values()].flatMap(insecureUses);
  const invalid = invalidEntry(loaded);
  if (invalid) return { ...refusal(invalid), insecure };
  const entries = currentOf(loaded);
  if (typeof entries === 'string') return { ...refusal(entries), insecure };
  const problem = unusable(entries);
  if (problem) return { ...refusal(problem), insecure };
  return { access: accessOf(entries), refused: undefined, insecure };
}

const refusal = (refused: string): RemoteKubeconfig => ({ access: undefined, refused, insecure: [] });

function load(text: string): LoadedKubeconfig | undefined {
  try {
    return loadText(text, namedAs);
  } catch (error) {
    // What is wrong with it may quote the text, which holds a token.
    if (isIsthmusError(error)) return undefined;
    throw error;
  }
}

interface Entries {
  readonly cluster: LoadedEntry;
  readonly user: LoadedEntry;
}

/** Entries of the current context, or why there are none. */
function currentOf({ clusters, users, contexts, currentContext }: LoadedKubeconfig): Entries | string {
  if (contexts.size === 0 && clusters.size === 0) return 'it has no cluster';
  if (!currentContext) return 'it has no current-context';
  const context = contexts.get(currentContext)?.content;
  if (!context) return `its current-context ${currentContext} is not among its contexts`;
  const [cluster, user] = [clusters.get(String(context['cluster'])), users.get(String(context['user']))];
  return cluster && user ? { cluster, user } : `its context ${currentContext} is not whole`;
}

/** An authority is compared with the peer's, which tells more than that it can be read. */
const elsewhere = [
  'certificate-authority',
  'certificate-authority-data',
  'client-certificate',
  'client-key',
  'tokenFile',
];

/** Rules of the format that need no file. */
function unusable({ cluster, user }: Entries): string | undefined {
  const { content } = cluster;
  const isVerified = content['certificate-authority'] || content['certificate-authority-data'];
  if (isVerified && content['insecure-skip-tls-verify'] === true)
    return 'it has insecure-skip-tls-verify beside a certificate authority';
  return problemOf(withoutFiles(cluster), withoutFiles(user));
}

/** A certificate whose key is in a file, or the other way round, is whole where that file is. */
function withoutFiles(entry: LoadedEntry): LoadedEntry {
  const half = entry.content['client-certificate'] || entry.content['client-key'];
  return without(entry, half ? [...elsewhere, 'client-certificate-data', 'client-key-data'] : elsewhere);
}

function accessOf({ cluster: { content }, user }: Entries): KubeconfigAccess {
  const text = (key: string) => String(content[key] ?? '');
  const authority = text('certificate-authority-data');
  return {
    server: text('server'),
    serverName: text('tls-server-name'),
    certificateAuthority: Buffer.from(authority, 'base64').toString('utf8'),
    proxy: text('proxy-url'),
    credential: credentialOf(user.content),
    verifiedBy:
      content['insecure-skip-tls-verify'] === true
        ? 'nothing'
        : !authority && content['certificate-authority']
          ? 'a file'
          : 'authority',
  };
}
