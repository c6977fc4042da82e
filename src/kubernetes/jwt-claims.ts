/** What a JSON Web Token of a service account or a user says of itself. */
export interface Claims {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string | readonly string[];
  /** Seconds since 1970. */
  readonly iat?: number;
  readonly exp?: number;
  readonly 'kubernetes.io'?: { readonly secret?: { readonly name?: string } };
  readonly 'kubernetes.io/serviceaccount/secret.name'?: string;
}

/** Claims of a token without verifying it, which are no secret without its signature; undefined if it is no JWT. */
export function jwtClaims(token: string): Claims | undefined {
  const [, body, signature, ...rest] = token.split('.');
  if (!body || signature === undefined || rest.length > 0 || /\s/.test(token)) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Claims | null;
    return typeof claims === 'object' && claims !== null ? claims : undefined;
  } catch {
    // Three parts with dots between them, but no JWT.
    return undefined;
  }
}
