import { describe, expect, it } from 'vitest';
import { isSeenFrom, ruleExports } from '../../../../src/checks/facts/exports.ts';
import { scopeFindings } from '../../../../src/checks/gateways/parts/sidecar-scope.ts';
import { exportFindings } from '../../../../src/checks/gateways/visibility.ts';
import { hiddenFindings } from '../../../../src/checks/services/split.ts';
import type { MeshConfig } from '../../../../src/istio/index.ts';
import type { Sidecar } from '../../../../src/kubernetes/index.ts';
import { cartService, crossing } from './crossing.ts';

const exporting = (to: string) => cartService({ 'networking.istio.io/exportTo': to });
const view = (...configs: MeshConfig[]) => ({ cluster: 'a', namespaces: ['edge'], configs });
const peers = new Map([['b', [{}]]]);
const messages = (found: readonly { object?: string | undefined; message: string }[]) =>
  found.map(({ object, message }) => `${object} ${message}`);

describe('Services that a gateway does not see', () => {
  const of = (to: string) => exportFindings([crossing(exporting(to))], view({}), peers);

  it('names the Service, the gateway’s namespace and who is refused, and keeps what is exported', () => {
    expect(messages(of('.'))).toEqual([
      'Service shop/cart is exported to . alone, so the gateway in edge resets requests for it from b',
    ]);
    expect(of('.')[0]?.fix).toContain('networking.istio.io/exportTo=.,edge');
  });

  it.each([
    ['*', 0],
    ['edge', 0],
    ['., edge', 0],
    ['other', 1],
    ['~', 1],
    ['.,*', 0],
  ])('exported to %s', (to, count) => expect(of(to)).toHaveLength(count));

  it('is silent where nobody elsewhere sees a copy, and where a revision’s gateway sees it', () => {
    expect(exportFindings([crossing(exporting('~'), { b: exporting('~') })], view({}), peers)).toEqual([]);
    const by = (...defaults: string[][]) =>
      exportFindings(
        [crossing(cartService())],
        view(...defaults.map((defaultServiceExportTo) => ({ defaultServiceExportTo }))),
        peers,
      );
    expect(by(['.'], ['*'])).toEqual([]);
    expect(by(['.', 'edge'])).toEqual([]);
    expect(messages(by(['.']))).toEqual([
      'ConfigMap istio-system/istio exports Services to . alone, so the gateway in edge resets requests from b for shop/cart',
    ]);
  });

  it('lets a Service say something else than the default', () =>
    expect(
      exportFindings([crossing(exporting('*'))], view({ defaultServiceExportTo: ['.'] }), peers),
    ).toEqual([]));
});

describe('exportTo as istiod reads it', () => {
  it('is of the home for a dot, and of nobody for a tilde', () => {
    expect(isSeenFrom(['.'], { home: 'shop', namespace: 'shop' })).toBe(true);
    expect(isSeenFrom(['.'], { home: 'shop', namespace: 'edge' })).toBe(false);
    expect(isSeenFrom(['~', 'edge'], { home: 'shop', namespace: 'edge' })).toBe(false);
  });

  it('keeps a DestinationRule for some workloads at home, and takes of its default the dot alone', () => {
    expect(ruleExports({ spec: { workloadSelector: {} } }, {})).toEqual(['.']);
    expect(ruleExports({}, { defaultDestinationRuleExportTo: ['.', 'edge'] })).toEqual(['.']);
    expect(ruleExports({ spec: { exportTo: ['edge'] } }, {})).toEqual(['edge']);
  });
});

describe('subsets that a gateway does not see', () => {
  const rule = (exportTo?: string[]) => ({
    metadata: { namespace: 'shop', name: 'cart' },
    spec: { host: 'cart', subsets: [{ name: 'v1' }], ...(exportTo ? { exportTo } : {}) },
  });
  const of = (exportTo?: string[], config: MeshConfig = {}) =>
    messages(
      hiddenFindings({ cluster: 'a', objects: [rule(exportTo)] }, { gateways: ['edge'], configs: [config] }),
    );

  it('asks what the gateway’s namespace sees, by the rule or by default', () => {
    expect(of(['.'])[0]).toContain('DestinationRule shop/cart is exported to . alone, so that the gateway');
    expect(of(['.', 'edge'])).toEqual([]);
    expect(of()).toEqual([]);
    expect(of(undefined, { defaultDestinationRuleExportTo: ['.'] })[0]).toContain(
      'by defaultDestinationRuleExportTo',
    );
  });
});

describe('Sidecars of clients', () => {
  const sidecar = (hosts: string[], more: object = {}, namespace = 'shop'): Sidecar => ({
    metadata: { namespace, name: 'narrow' },
    spec: { egress: [{ hosts }], ...more },
  });
  const client = { namespace: 'shop', labels: { app: 'sleep' } };
  const of = (...sidecars: Sidecar[]) =>
    messages(scopeFindings('a', { client, service: cartService(), sidecars, configs: [{}] }));

  it.each([
    ['./*', 0],
    ['*/*', 0],
    ['shop/*', 0],
    ['shop/cart.shop.svc.cluster.local', 0],
    ['*/*.shop.svc.cluster.local', 0],
    ['istio-system/*', 1],
    ['shop/other.shop.svc.cluster.local', 1],
    ['~/*', 1],
  ])('with %s', (host, count) => expect(of(sidecar([host]))).toHaveLength(count));

  it('takes the workload’s before the namespace’s before the mesh’s', () => {
    const mine = sidecar(['./*'], { workloadSelector: { labels: { app: 'sleep' } } });
    const others = sidecar(['istio-system/*'], { workloadSelector: { labels: { app: 'db' } } });
    expect(of(sidecar(['istio-system/*']), mine)).toEqual([]);
    expect(of(others)).toEqual([]);
    expect(of(sidecar(['istio-system/*'], {}, 'istio-system'))[0]).toContain(
      'leaves out cart.shop.svc.cluster.local',
    );
    expect(of(sidecar(['istio-system/*'], {}, 'istio-system'), sidecar(['./*']))).toEqual([]);
  });

  it('is silent without a Sidecar, and with one about what comes in alone', () => {
    expect(of()).toEqual([]);
    expect(of({ metadata: { namespace: 'shop', name: 'in' }, spec: {} })).toEqual([]);
  });
});
