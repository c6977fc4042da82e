import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { type IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { environmentProxy } from './environment-proxy.ts';
import { proxyAgent } from './proxy-agent.ts';

/** The settings of a user's `auth-provider` oidc, in the format's own keys. */
export type OidcSettings = Readonly<Record<string, string | null | undefined>>;

type Failed = (how: string) => IsthmusError;

interface Tokens {
  readonly idToken: string;
  /** Another one, if the provider gave it. */
  readonly refreshToken: string | undefined;
}

const timeoutMs = 30_000;

/**
 * New tokens of an OpenID provider for a refresh token (OpenID Connect Discovery 1.0, and RFC 6749, section 6).
 * @param failed the error to throw, by what went wrong; it is told no token
 */
export async function renewedTokens(settings: OidcSettings, failed: Failed): Promise<Tokens> {
  const issuer = String(settings['idp-issuer-url']).replace(/\/$/, '');
  const found = await answer({ url: `${issuer}/.well-known/openid-configuration`, settings, failed });
  const endpoint = found.body['token_endpoint'];
  if (found.status !== 200 || typeof endpoint !== 'string')
    throw failed(`cannot be renewed: ${issuer} does not say where tokens are given`);
  const given = await grant(endpoint, settings, failed);
  const { id_token: idToken, refresh_token: refreshToken, error } = given.body;
  if (given.status !== 200)
    throw failed(
      `cannot be renewed: ${issuer} refuses it (${typeof error === 'string' ? error : given.status})`,
    );
  if (typeof idToken !== 'string') throw failed(`cannot be renewed: ${issuer} gives no ID token for it`);
  return { idToken, refreshToken: typeof refreshToken === 'string' ? refreshToken : undefined };
}

/** Providers differ in where they want the client's secret, so that both are tried, as Go's oauth2 does. */
async function grant(url: string, settings: OidcSettings, failed: Failed): Promise<Answer> {
  const [id, secret] = [settings['client-id'] ?? '', settings['client-secret'] ?? ''];
  const form = { grant_type: 'refresh_token', refresh_token: settings['refresh-token'] ?? '' };
  const basic = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64');
  const first = await answer({ url, settings, failed, form, authorization: `Basic ${basic}` });
  if (first.status < 400 || first.status >= 500) return first;
  const own = { client_id: id, ...(secret ? { client_secret: secret } : {}) };
  return answer({ url, settings, failed, form: { ...form, ...own } });
}

interface Question {
  readonly url: string;
  readonly settings: OidcSettings;
  readonly failed: Failed;
  readonly form?: Readonly<Record<string, string>>;
  readonly authorization?: string;
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function answer({ url, settings, failed, form, authorization }: Question): Promise<Answer> {
  try {
    const tls = { ca: authorityOf(settings) };
    const proxy = environmentProxy(url);
    const agent = proxy === undefined ? undefined : await proxyAgent(proxy, url, tls);
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const request = (url.startsWith('http:') ? http : https).request(url, {
        ...tls,
        agent,
        method: form ? 'POST' : 'GET',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          Accept: 'application/json',
          ...(form ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {}),
          ...(authorization ? { Authorization: authorization } : {}),
        },
      });
      request.on('error', reject).on('response', resolve);
      request.end(form && new URLSearchParams(form).toString());
    });
    const said = await text(response);
    return { status: response.statusCode ?? 0, body: JSON.parse(said) as Answer['body'] };
  } catch (error) {
    if (isIsthmusError(error)) throw error;
    const { code, name } = error as { code?: string; name: string };
    throw failed(
      `cannot be renewed: ${new URL(url).origin} does not answer as an OpenID provider (${code ?? name})`,
    );
  }
}

/** The authorities that the provider's certificate is held to; undefined for the usual ones. */
function authorityOf(settings: OidcSettings): string | undefined {
  const data = settings['idp-certificate-authority-data'];
  if (data) return Buffer.from(data, 'base64').toString();
  const path = settings['idp-certificate-authority'];
  return path ? readFileSync(path, 'utf8') : undefined;
}
