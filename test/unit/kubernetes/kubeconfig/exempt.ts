import type { Case } from './case.ts';

const proxied = { HTTPS_PROXY: '{proxy}' };
/** No machine of this one's own, as Go sees it, but it leads to it. */
const address = { server: 'https://0.0.0.0:{port}', 'tls-server-name': 'api.test' };
const address6 = { server: 'https://[2001:db8::1]:{port}', 'tls-server-name': 'api.test' };
const name = { server: 'https://api.test:7443' };

const cases = (
  what: string,
  cluster: NonNullable<Case['cluster']>,
  lists: readonly string[],
): [string, Case][] =>
  lists.map((list) => [`${what} with NO_PROXY ${list}`, { cluster, env: { ...proxied, NO_PROXY: list } }]);

/** What NO_PROXY lets be reached directly, or does not. */
export const exemptSent: Readonly<Record<string, Case>> = Object.fromEntries([
  ...cases('an address', address, [
    '',
    '0.0.0.0',
    '0.0.0.0/8',
    '0.0.0.0:{port}',
    ' 10.0.0.1 , 0.0.0.0 ',
    '10.0.0.1 0.0.0.0',
    '*',
    '0.0.0.0:1',
    '10.0.0.0/8',
    '0.0.0.0/33',
    '0.0',
    '.0',
    '0.0.0.0/8:{port}',
    '::/0',
  ]),
  ...cases('a name', name, [
    'other.test',
    'pi.test',
    '.api.test',
    'api.test:1',
    '*.other',
    '0.0.0.0/0',
    'https://api.test',
    '*api.test',
  ]),
  ...cases('an address of IPv6', address6, [
    '[2001:db8::1]:1',
    '[2001:db8::1]',
    '::1',
    '[::1]',
    'fc00::/7',
    '0.0.0.0/0',
  ]),
  ['NO_PROXY in small letters', { cluster: address, env: { ...proxied, no_proxy: '0.0.0.0' } }],
  [
    'NO_PROXY in capitals before one in small letters',
    { cluster: address, env: { ...proxied, NO_PROXY: 'other', no_proxy: '0.0.0.0' } },
  ],
]);

/** Exempt, so that nothing leads there. */
export const exemptRefused: Readonly<Record<string, Case>> = Object.fromEntries([
  ...cases('a name', name, [
    'api.test',
    '.test',
    'test',
    '*.test',
    'api.test:7443',
    'API.TEST',
    'other,.test',
    '*',
    'other,*',
  ]),
  ...cases('an address of IPv6', address6, [
    '2001:db8::1',
    '[2001:db8::1]:{port}',
    '2001:db8::/32',
    '2001:DB8:0::1',
  ]),
]);
