import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a request must prove before anything is answered. */
export interface Guard {
  readonly port: number;
  /** In the address that the user opens; changed for the cookie once. */
  readonly token: string;
  /** Value of the cookie. */
  readonly session: string;
  /** Sent back in a header by whoever changes something. */
  readonly csrf: string;
}

export const csrfHeader = 'x-isthmus-csrf';

/** Cookies do not tell ports apart, so its name does. */
export const cookieName = (port: number): string => `isthmus-${port}`;

/**
 * Why a request is refused before anybody asks who sends it; undefined if it may go on. A page elsewhere
 * whose name was made to lead to this machine has another Host, and any other page another Origin.
 */
export function foreignness({ headers, method, url }: IncomingMessage, port: number): string | undefined {
  const own = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  const { host = '', origin } = headers;
  if (!own.includes(host)) return 'the Host is not the dashboard’s own';
  if (origin !== undefined && origin !== `http://${host}`) return 'the Origin is not the dashboard’s own';
  // A link may lead to the page, which has nothing of the mesh in itself.
  if (method === 'GET' && url === '/' && headers['sec-fetch-mode'] === 'navigate') return undefined;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'another site asks';
  return undefined;
}

/** Was the cookie sent? */
export function isSignedIn({ headers }: IncomingMessage, { port, session }: Guard): boolean {
  const cookies = (headers.cookie ?? '').split(';').map((one) => one.trim());
  const start = `${cookieName(port)}=`;
  return cookies.some((one) => one.startsWith(start) && equal(one.slice(start.length), session));
}

/** Does a request that changes something come from the page, and not merely from its browser? */
export function mayChange({ headers }: IncomingMessage, { csrf }: Guard): boolean {
  const sent = headers[csrfHeader];
  return headers.origin !== undefined && typeof sent === 'string' && equal(sent, csrf);
}

/** Compare two secrets in a time that does not tell where they differ. */
export function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
