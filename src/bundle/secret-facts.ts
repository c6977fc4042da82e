import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIsthmusError } from '../errors/index.ts';
import { jwtClaims, loadText } from '../kubernetes/index.ts';
import { type CertificateInfo, parseBundle } from '../pki/index.ts';

/** What one value of a Secret is, without a byte of a key or a token. */
export interface SecretValueFacts {
  readonly bytes: number;
  readonly certificates?: readonly object[] | string;
  /** Whether the private key in it belongs to a certificate of the same Secret, by that one's key in the Secret. */
  readonly privateKeyOf?: readonly string[] | string;
  readonly kubeconfig?: object | string;
  readonly token?: object;
}

type Data = Readonly<Record<string, string>>;

/** Facts of each value of a Secret's `data` (base64 as the API has it), by key. */
export function secretFacts(data: Data): Record<string, SecretValueFacts> {
  const texts = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
  return Object.fromEntries(Object.keys(data).map((key) => [key, factsOf(key, texts, data)]));
}

function factsOf(key: string, texts: Data, data: Data): SecretValueFacts {
  const text = texts[key] ?? '';
  const certificates = /BEGIN CERTIFICATE/.test(text) ? certificatesOf(text) : undefined;
  const claims = claimsOf(text.trim());
  return {
    bytes: Buffer.from(data[key] ?? '', 'base64').length,
    ...(/^\s*(kind:\s*Config|apiVersion:|clusters:)/m.test(text)
      ? { kubeconfig: kubeconfigFacts(text) }
      : certificates
        ? { certificates }
        : {}),
    ...(/PRIVATE KEY-----/.test(text) ? { privateKeyOf: ownersOf(text, texts) } : {}),
    ...(claims ? { token: claims } : {}),
  };
}

function certificatesOf(pem: string): object[] | string {
  try {
    return parseBundle(pem).map(certificateFacts);
  } catch (error) {
    if (isIsthmusError(error)) return error.message;
    throw error;
  }
}

/** All but the PEM itself, which is easy to find elsewhere and long. */
function certificateFacts({ pem: _pem, ...facts }: CertificateInfo): object {
  return facts;
}

/** Keys of the Secret under whose first certificate this private key signs. */
function ownersOf(keyPem: string, texts: Data): string[] | string {
  try {
    const key = createPrivateKey(keyPem);
    return Object.entries(texts).flatMap(([name, text]) => (ownsFirst(text, key) ? [name] : []));
  } catch {
    // OpenSSL's complaint may quote the text.
    return 'the private key cannot be read';
  }
}

function ownsFirst(text: string, key: ReturnType<typeof createPrivateKey>): boolean {
  if (!/BEGIN CERTIFICATE/.test(text)) return false;
  try {
    return new X509Certificate(text).checkPrivateKey(key);
  } catch {
    // A broken certificate is told by its own facts.
    return false;
  }
}

function kubeconfigFacts(text: string): object | string {
  try {
    const { clusters, users, contexts, currentContext } = loadText(text, 'the kubeconfig');
    return {
      currentContext,
      contexts: [...contexts.values()].map(({ name, content }) => ({
        name,
        cluster: content['cluster'],
        user: content['user'],
      })),
      clusters: [...clusters.values()].map(({ name, content }) => ({ name, ...serverFacts(content) })),
      users: [...users.values()].map(({ name, content }) => ({ name, ...userFacts(content) })),
    };
  } catch (error) {
    if (!isIsthmusError(error)) throw error;
    // What is wrong with it may quote the text, which holds a token.
    return 'the kubeconfig cannot be read';
  }
}

function serverFacts(cluster: Readonly<Record<string, unknown>>): object {
  const authority = Buffer.from(String(cluster['certificate-authority-data'] ?? ''), 'base64').toString(
    'utf8',
  );
  return {
    server: cluster['server'],
    ...(cluster['proxy-url'] ? { proxyUrl: cluster['proxy-url'] } : {}),
    ...(cluster['insecure-skip-tls-verify'] ? { insecureSkipTlsVerify: true } : {}),
    certificateAuthority: authority ? certificatesOf(authority) : 'none, a public authority is expected',
  };
}

function userFacts(user: Readonly<Record<string, unknown>>): object {
  const token = user['token'];
  const exec = user['exec'] as { command?: string } | undefined;
  return {
    has: Object.keys(user),
    ...(exec ? { execCommand: exec.command } : {}),
    ...(typeof token === 'string' ? { token: claimsOf(token) ?? 'not a JWT: neither end nor audience' } : {}),
  };
}

function claimsOf(token: string): object | undefined {
  const claims = jwtClaims(token);
  if (!claims) return undefined;
  const { iss, sub, aud, iat, exp } = claims;
  return {
    issuer: iss,
    subject: sub,
    audience: aud,
    issued: dateOf(iat),
    expires: dateOf(exp) ?? 'never',
    boundTo: claims['kubernetes.io']?.secret?.name,
  };
}

const dateOf = (seconds: number | undefined) =>
  seconds === undefined ? undefined : new Date(seconds * 1000).toISOString();
