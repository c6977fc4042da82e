import { randomUUID } from 'node:crypto';

interface TokenRequest {
  readonly expirationSeconds?: number;
  readonly boundObjectRef?: { readonly name: string; readonly uid: string };
}

/** Tokens of service accounts: JWTs without a signature that matters, good while what they are bound to lives. */
export class Tokens {
  readonly #issuer: string;
  /** Seconds that a token may live at most. */
  maxSeconds = Number.POSITIVE_INFINITY;

  constructor(issuer: string) {
    this.#issuer = issuer;
  }

  issue(spec: TokenRequest): string {
    const iat = Math.floor(Date.now() / 1000);
    const exp = iat + Math.min(spec.expirationSeconds ?? 3600, this.maxSeconds);
    const bound = spec.boundObjectRef;
    const names = bound && { 'kubernetes.io': { secret: { name: bound.name, uid: bound.uid } } };
    const claims = { iss: this.#issuer, iat, exp, bound, ...names, jti: randomUUID() };
    return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
  }

  /** What the token controller puts into a Secret of its own; it has no end and no time of issue. */
  issueLasting(secret: { readonly name: string; readonly uid: string }): string {
    const claims = {
      iss: this.#issuer,
      'kubernetes.io/serviceaccount/secret.name': secret.name,
      bound: secret,
    };
    return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
  }

  /** Is it one of these, whether still good or not? */
  issued(token: string): boolean {
    return claimsOf(token)?.iss === this.#issuer;
  }

  /** Is it one of these, not over, and bound to nothing or to an object that is still the same one? */
  accepts(token: string, isLive: (uid: string) => boolean): boolean {
    const { iss, exp = Number.POSITIVE_INFINITY, bound } = claimsOf(token) ?? {};
    return iss === this.#issuer && exp * 1000 > Date.now() && (!bound || isLive(bound.uid));
  }
}

interface Claims {
  readonly iss?: string;
  readonly exp?: number;
  readonly bound?: { readonly uid: string };
}

/** Undefined for what is no JWT. */
function claimsOf(token: string): Claims | undefined {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims;
  } catch {
    return undefined;
  }
}
