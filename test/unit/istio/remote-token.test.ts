import { describe, expect, it } from 'vitest';
import { isDue, isShort, readToken } from '../../../src/istio/remotes/remote-token.ts';

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

describe('readToken', () => {
  it('takes life and binding from the token’s own claims', () => {
    const claims = { iat: 1000, exp: 4000, 'kubernetes.io': { secret: { name: 'bound-to' } } };
    expect(readToken(jwt(claims))).toEqual({
      access: 'bounded',
      life: { issued: new Date(1_000_000), expires: new Date(4_000_000) },
      binding: 'bound-to',
    });
  });

  it('knows a token that lives by a Secret', () =>
    expect(readToken(jwt({ 'kubernetes.io/serviceaccount/secret.name': 'its-secret' }))).toEqual({
      access: 'secret',
      life: undefined,
      binding: 'its-secret',
    }));

  it.each(['opaque', '', 'a.b.c'])('is undefined for %j', (token) =>
    expect(readToken(token)).toBeUndefined(),
  );
});

describe('isDue', () => {
  it('is true when under a third is left', () => {
    const life = { issued: new Date(0), expires: new Date(900_000) };
    expect(isDue(life, new Date(599_000))).toBe(false);
    expect(isDue(life, new Date(601_000))).toBe(true);
    expect(isDue(life, new Date(1_000_000))).toBe(true);
  });
});

describe('isShort', () => {
  const lifeOfHours = (hours: number) => ({ issued: new Date(0), expires: new Date(hours * 3_600_000) });

  it.each([
    [24, 90, true],
    [24 * 80, 90, true],
    [24 * 81, 90, false],
    [24 * 90, 90, false],
    [24, 1, false],
  ])('of %i hours where %i days were asked for is %s', (hours, days, short) =>
    expect(isShort(lifeOfHours(hours), days)).toBe(short),
  );
});
