import { describe, expect, it } from 'vitest';
import { offFindings, type TlsFacts } from '../../../../src/checks/gateways/parts/plain-text.ts';
import type { DestinationRule, PeerAuthentication } from '../../../../src/kubernetes/index.ts';
import { cartPod, cartService, crossing } from './crossing.ts';

const told = (cluster: string, more: Partial<TlsFacts> = {}): TlsFacts => ({
  cluster,
  peers: [],
  rules: [],
  configs: [{}],
  gateways: ['edge'],
  ...more,
});
const peer = (spec: object, namespace = 'shop', name = 'p'): PeerAuthentication => ({
  metadata: { namespace, name },
  spec,
});
const rule = (trafficPolicy: object, more: object = {}, namespace = 'shop'): DestinationRule => ({
  metadata: { namespace, name: 'r' },
  spec: { host: 'cart.shop.svc.cluster.local', trafficPolicy, ...more },
});
const cart = crossing(cartService());
const of = (own: Partial<TlsFacts>, theirs: Partial<TlsFacts> = {}) =>
  offFindings('a', [cart], { facts: [told('a', own), told('b', theirs)] });
const off = { mtls: { mode: 'DISABLE' } };
const selecting = { selector: { matchLabels: { app: 'cart' } } };

describe('mutual TLS that was turned off', () => {
  it('fails where others go on asking, and names policy, Service, port and whose requests are lost', () =>
    expect(of({ peers: [peer(off)] })).toMatchObject({
      failures: [
        {
          cluster: 'a',
          object: 'PeerAuthentication shop/p',
          message: 'turns mutual TLS off for shop/cart:80, so requests from b end at the gateway of a',
        },
      ],
      warnings: [],
    }));

  it('is silent where all were told so, and warns where one depends on others or it is what is tested', () => {
    const facts = [told('a', { peers: [peer(off)] }), told('b', { peers: [peer(off)] })];
    expect(offFindings('a', [cart], { facts })).toEqual({ failures: [], warnings: [] });
    const warning = {
      failures: [],
      warnings: [{ message: expect.stringContaining('no request for it crosses') }],
    };
    expect(offFindings('a', [cart], { facts, tested: 'shop/cart' })).toMatchObject(warning);
    const bare = crossing(cartService(), { b: cartService() }, { theirs: [] });
    expect(offFindings('a', [bare], { facts })).toMatchObject(warning);
  });

  it.each([
    [
      'a policy of the workload for the pod’s port',
      peer({ ...selecting, portLevelMtls: { 8080: { mode: 'DISABLE' } } }),
      1,
    ],
    [
      'one for a port that is the Service’s, not the pod’s',
      peer({ ...selecting, portLevelMtls: { 80: { mode: 'DISABLE' } } }),
      0,
    ],
    ['one for a port of metrics', peer({ ...selecting, portLevelMtls: { 9090: { mode: 'DISABLE' } } }), 0],
    [
      'ports of a policy without a selector, which do not count',
      peer({ portLevelMtls: { 8080: { mode: 'DISABLE' } } }),
      0,
    ],
    ['a policy for other pods', peer({ selector: { matchLabels: { app: 'db' } }, ...off }), 0],
    ['a policy of another namespace', peer(off, 'other'), 0],
    ['a policy of the mesh', peer(off, 'istio-system'), 1],
    ['a policy that leaves it to others', peer({ mtls: { mode: 'UNSET' } }), 0],
    ['PERMISSIVE', peer({ mtls: { mode: 'PERMISSIVE' } }), 0],
  ])('%s', (_, policy, count) => expect(of({ peers: [policy] }).failures).toHaveLength(count));

  it('lets the workload’s policy go before the namespace’s and the mesh’s', () => {
    const strict = peer({ ...selecting, mtls: { mode: 'STRICT' } }, 'shop', 'own');
    expect(of({ peers: [peer(off), peer(off, 'istio-system'), strict] }).failures).toEqual([]);
    const open = peer({
      ...selecting,
      mtls: { mode: 'STRICT' },
      portLevelMtls: { 8080: { mode: 'DISABLE' } },
    });
    expect(of({ peers: [open] }).failures).toMatchObject([{ evidence: 'portLevelMtls 8080: DISABLE' }]);
  });

  it('says nothing while one pod behind the Service still speaks it', () => {
    const pods = [cartPod(), cartPod({ app: 'cart', plain: 'yes' })];
    const some = peer({ selector: { matchLabels: { plain: 'yes' } }, ...off });
    const found = offFindings('a', [crossing(cartService(), { b: cartService() }, { pods })], {
      facts: [told('a', { peers: [some] }), told('b')],
    });
    expect(found).toEqual({ failures: [], warnings: [] });
  });
});

describe('DestinationRules about TLS', () => {
  const plain = { tls: { mode: 'DISABLE' } };

  it.each([
    ['DISABLE', rule(plain), 1],
    ['SIMPLE', rule({ tls: { mode: 'SIMPLE' } }), 1],
    ['ISTIO_MUTUAL', rule({ tls: { mode: 'ISTIO_MUTUAL' } }), 0],
    ['none about TLS', rule({ connectionPool: {} }), 0],
    ['its port alone', rule({ portLevelSettings: [{ port: { number: 80 }, ...plain }] }), 1],
    ['another port', rule({ portLevelSettings: [{ port: { number: 90 }, ...plain }] }), 0],
    ['every host of the mesh, in the root namespace', rule(plain, { host: '*.local' }, 'istio-system'), 1],
    ['a host of another namespace’s', rule(plain, {}, 'other'), 0],
  ])('%s', (_, one, count) => expect(of({ rules: [one] }).failures).toHaveLength(count));

  it('goes before what PeerAuthentications say, as in istiod', () =>
    expect(of({ rules: [rule({ tls: { mode: 'ISTIO_MUTUAL' } })], peers: [peer(off)] }).failures).toEqual(
      [],
    ));

  it('takes the most specific host, and the service’s rule before the root namespace’s', () => {
    const everybody = rule(plain, { host: '*.local' }, 'istio-system');
    expect(of({ rules: [everybody, rule({ tls: { mode: 'ISTIO_MUTUAL' } })] }).failures).toEqual([]);
    const wide = rule(plain, { host: '*.shop.svc.cluster.local' });
    expect(of({ rules: [wide, rule({ tls: { mode: 'ISTIO_MUTUAL' } })] }).failures).toEqual([]);
  });

  it('is silent of one that the gateway does not see, unless it is what is tested', () => {
    const facts = [told('a', { rules: [rule(plain, { exportTo: ['.'] })] }), told('b')];
    expect(offFindings('a', [cart], { facts })).toEqual({ failures: [], warnings: [] });
    expect(offFindings('a', [cart], { facts, tested: 'shop/cart' })).toMatchObject({
      failures: [],
      warnings: [{ object: 'DestinationRule shop/r' }],
    });
  });
});
