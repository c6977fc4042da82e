import { IsthmusError } from '../../errors/index.ts';
import { jwtClaims } from '../../kubernetes/index.ts';

/** When a token was issued and ends, by its own claims. */
export interface TokenLife {
  readonly issued: Date;
  readonly expires: Date;
}

/** What a service account's token says of itself; nothing of it is secret. */
export interface RemoteToken {
  /** `bounded` ends by itself; `secret` ends with a Secret of type service-account-token. */
  readonly access: 'bounded' | 'secret';
  /** Undefined for a token that does not end by itself. */
  readonly life: TokenLife | undefined;
  /** Name of the Secret in its own cluster that ends it when it is deleted. */
  readonly binding: string | undefined;
}

/** Read a JWT's claims without verifying it; undefined if it is none. */
export function readToken(token: string): RemoteToken | undefined {
  const claims = jwtClaims(token);
  // The caller replaces what is none.
  if (!claims) return undefined;
  const { iat = 0, exp } = claims;
  return {
    access: exp ? 'bounded' : 'secret',
    life: exp ? { issued: new Date(iat * 1000), expires: new Date(exp * 1000) } : undefined,
    binding: claims['kubernetes.io']?.secret?.name ?? claims['kubernetes.io/serviceaccount/secret.name'],
  };
}

/** Throws API_REFUSED if a token that was just issued has no end. */
export function lifeOfNewToken(token: string, cluster: string): TokenLife {
  const life = readToken(token)?.life;
  if (life) return life;
  throw new IsthmusError('API_REFUSED', `${cluster} issued a token without an expiry`, {
    hint: 'isthmus needs the TokenRequest API to issue bounded tokens; spec.istio.remoteAccess: secret does without',
  });
}

const DAY_MS = 86_400_000;

export const daysOf = ({ issued, expires }: TokenLife): number =>
  (expires.getTime() - issued.getTime()) / DAY_MS;

/** Less than nine tenths of what was asked: API servers shorten silently, and a little rounding is none. */
export const isShort = (life: TokenLife, days: number): boolean => daysOf(life) < days * 0.9;

/** The life that a token without an end is given, so that it is replaced like any other. */
export const lifeOfDays = (issued: Date, days: number): TokenLife => ({
  issued,
  expires: new Date(issued.getTime() + days * DAY_MS),
});

/** Under a third of the life that it was given is left. */
export function isDue({ issued, expires }: TokenLife, now = new Date()): boolean {
  return dueDate({ issued, expires }).getTime() < now.getTime();
}

/** From when on {@link isDue}. */
export const dueDate = ({ issued, expires }: TokenLife): Date =>
  new Date(expires.getTime() - (expires.getTime() - issued.getTime()) / 3);
