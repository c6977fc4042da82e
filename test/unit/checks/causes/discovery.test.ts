import { describe, expect, it } from 'vitest';
import { hiddenFindings } from '../../../../src/checks/istiod/discovery.ts';

const namespace = (name: string, labels: Record<string, string> = {}) => ({ metadata: { name, labels } });
const injected = { 'istio-injection': 'enabled' };
const seen = { mesh: 'seen' };
const place = (cluster: string, ...namespaces: ReturnType<typeof namespace>[]) => ({
  cluster,
  network: `network-${cluster}`,
  namespaces,
  gateways: ['edge'],
  services: new Set(['shop/cart']),
});
const selectors = { discoverySelectors: [{ matchLabels: seen }] };
const of = (...places: ReturnType<typeof place>[]) =>
  hiddenFindings({ cluster: 'a', network: 'network-a' }, selectors, places).map(
    ({ cluster, object, message }) => `${cluster} ${object} ${message}`,
  );
const whole = (cluster: string) =>
  place(cluster, namespace('edge', seen), namespace('shop', { ...injected, ...seen }));

describe('namespaces that discoverySelectors hide', () => {
  it('says nothing where gateways and shared namespaces have the labels, whatever others lack', () =>
    expect(
      of(whole('a'), { ...whole('b'), namespaces: [...whole('b').namespaces, namespace('kube-system')] }),
    ).toEqual([]));

  it('names a gateway of another cluster, whose pods’ addresses are handed out then', () =>
    expect(
      of(whole('a'), place('b', namespace('edge'), namespace('shop', { ...injected, ...seen }))),
    ).toEqual([
      'b Namespace edge is hidden from istiod of a by its discoverySelectors, so callers of a are given pods’ addresses of network-b instead of its gateway’s',
    ]));

  it('names a gateway of its own, which is told of no Gateway', () =>
    expect(of(place('a', namespace('edge')), whole('b'))[0]).toContain(
      'a Namespace edge is hidden from istiod of a',
    ));

  it('names a namespace that is seen in one cluster and not in another', () => {
    expect(of(whole('a'), place('b', namespace('edge', seen), namespace('shop', injected)))).toEqual([
      'b Namespace shop is hidden from istiod of a by its discoverySelectors, so callers of a get no pod of it in b',
    ]);
    expect(of(place('a', namespace('edge', seen), namespace('shop', injected)), whole('b'))[0]).toContain(
      'its own proxies know no pod of it here',
    );
  });

  it('says nothing of a namespace that has no Service in common with the others', () => {
    const alone = {
      ...place('b', namespace('edge', seen), namespace('shop', injected)),
      services: new Set(['shop/own']),
    };
    expect(of(whole('a'), alone)).toEqual([]);
  });

  it('takes a namespace that is seen nowhere for meant, and gateways within one network for unused', () => {
    const bare = (cluster: string) => place(cluster, namespace('edge', seen), namespace('shop', injected));
    expect(of(bare('a'), bare('b'))).toEqual([]);
    const together = (cluster: string) => ({ ...place(cluster, namespace('edge')), network: 'one' });
    expect(of(together('a'), together('b'))).toEqual([]);
  });
});
