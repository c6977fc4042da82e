import { describe, expect, it } from 'vitest';
import { unevenlyKept } from '../../../src/checks/config/local-services.ts';
import { callersOf } from '../../../src/checks/config/parts/dns-capture.ts';
import type { ServiceCopy } from '../../../src/checks/config/parts/service-copy.ts';
import { kindFindings } from '../../../src/checks/config/parts/service-kinds.ts';
import { missingServices, unevenCapture } from '../../../src/checks/config/services.ts';
import { clusterLocalOf } from '../../../src/istio/index.ts';
import { pod } from './objects.ts';

describe('the kind of a shared Service', () => {
  const copy = (cluster: string, more: Partial<ServiceCopy> = {}): ServiceCopy => ({
    cluster,
    network: `network-${cluster}`,
    key: 'shop/db',
    kind: 'ClusterIP',
    ports: [{ name: 'tcp', port: 5432 }],
    ready: 1,
    ...more,
  });
  const headless = (cluster: string, more: Partial<ServiceCopy> = {}) =>
    copy(cluster, { kind: 'headless', ...more });

  it.each<[string, ServiceCopy[]]>([
    ['the same everywhere', [copy('a'), copy('b')]],
    ['headless everywhere, with members in each cluster', [headless('a'), headless('b')]],
    ['headless without members anywhere', [headless('a', { ready: 0 }), headless('b', { ready: 0 })]],
    [
      'headless with members in another cluster of the network',
      [headless('a', { ready: 0, network: 'one' }), headless('b', { network: 'one' })],
    ],
    [
      'headless beside one with an address',
      [headless('a', { ready: 0, hasSibling: true }), headless('b', { hasSibling: true })],
    ],
    ['of several sidecars that balance it', [headless('a', { balancesHeadless: true }), copy('b')]],
    [
      'an ExternalName everywhere',
      [copy('a', { kind: 'ExternalName', ready: 0 }), copy('b', { kind: 'ExternalName', ready: 0 })],
    ],
  ])('is no finding where it is %s', (_what, copies) => expect(kindFindings(copies)).toEqual([]));

  it.each<[string, ServiceCopy[], RegExp]>([
    [
      'an ExternalName beside pods elsewhere',
      [copy('a', { kind: 'ExternalName', externalName: 'db.example.com', ready: 0 }), copy('b')],
      /is an ExternalName of db\.example\.com here, in b it has pods/,
    ],
    [
      'headless with members in another network alone',
      [headless('a', { ready: 0 }), headless('b')],
      /no ready pod in network network-a, so its name leads nowhere here/,
    ],
    [
      'headless here, with an address there',
      [headless('a'), copy('b')],
      /headless here and has a cluster IP in b, whose pods no caller here reaches/,
    ],
  ])('is named in the cluster where it is %s', (_what, copies, words) =>
    expect(kindFindings(copies)).toMatchObject([
      { cluster: 'a', object: 'Service shop/db', message: expect.stringMatching(words) },
    ]),
  );
});

describe('who answers DNS', () => {
  const caller = (name: string, capturesDns: boolean, namespace = 'shop') => ({
    pod: `${namespace}/${name}`,
    namespace,
    revision: 'default',
    capturesDns,
  });
  const facts = (cluster: string, services: string[], more = {}) => ({
    cluster,
    network: `network-${cluster}`,
    injected: new Set(['shop']),
    services: new Set(services),
    headless: new Set<string>(),
    proxiesDns: false,
    callers: [] as ReturnType<typeof caller>[],
    ...more,
  });
  const owner = facts('a', ['shop/orders']);

  it('is what sidecars were made with, not what the next ones will be', () => {
    const old = facts('b', [], { proxiesDns: true, callers: [caller('web', false)] });
    expect(missingServices([owner, old])).toMatchObject([
      { cluster: 'b', object: 'Service shop/orders', cause: expect.stringContaining('made before that') },
    ]);
    const asked = facts('b', [], { callers: [caller('web', true)] });
    expect(missingServices([owner, asked])).toEqual([]);
  });

  it('is named where it is some callers of a cluster only', () => {
    const callers = [caller('web', true), caller('job', false), caller('cron', false, 'ops')];
    const half = facts('b', [], { callers });
    expect(missingServices([owner, half])).toEqual([]);
    expect(unevenCapture([owner, half])).toMatchObject([
      {
        cluster: 'b',
        object: 'Pod shop/job',
        message: expect.stringMatching(
          /does not know Service shop\/orders of other clusters.*1 of 3 here do/,
        ),
        evidence: expect.stringContaining('ops/cron'),
      },
    ]);
  });

  it('does not matter where every Service is everywhere, or is headless in another network', () => {
    const callers = [caller('web', true), caller('job', false)];
    expect(unevenCapture([owner, facts('b', ['shop/orders'], { callers })])).toEqual([]);
    const far = facts('a', ['shop/db'], { headless: new Set(['shop/db']) });
    expect(unevenCapture([far, facts('b', [], { callers })])).toEqual([]);
  });

  it('does not help with a headless Service of another network, for which a copy is no remedy', () => {
    const far = facts('a', ['shop/db'], { headless: new Set(['shop/db']) });
    const [found] = missingServices([far, facts('b', [])]);
    expect(found?.message).toContain('where it is headless');
    expect(found?.fix).toContain('with a cluster IP');
  });

  it('is read from sidecars, native ones too, and not from gateways', () => {
    const proxy = (value?: string) => ({
      name: 'istio-proxy',
      env: value === undefined ? [] : [{ name: 'ISTIO_META_DNS_CAPTURE', value }],
    });
    const of = (name: string, spec: object, metadata = {}) =>
      pod({ metadata: { namespace: 'shop', name, ...metadata }, spec });
    const found = callersOf([
      of(
        'web',
        { containers: [{ name: 'web' }, proxy('true')] },
        { annotations: { 'istio.io/rev': 'canary' } },
      ),
      of('job', { containers: [{ name: 'job' }], initContainers: [proxy('false')] }),
      of('gateway', { containers: [proxy('true')] }),
      of('plain', { containers: [{ name: 'plain' }] }),
    ]);
    expect(found).toEqual([
      { pod: 'shop/web', namespace: 'shop', revision: 'canary', capturesDns: true },
      { pod: 'shop/job', namespace: 'shop', revision: 'default', capturesDns: false },
    ]);
  });
});

describe('what is local', () => {
  const host = 'orders.shop.svc.cluster.local';
  const facts = (cluster: string, ...revisions: [revision: string, ...hosts: string[]][]) => ({
    cluster,
    services: ['shop/orders'],
    injected: new Set(['shop']),
    clusterLocal: revisions.map(([revision, ...hosts]) => ({
      revision,
      settings: clusterLocalOf({ serviceSettings: [{ settings: { clusterLocal: true }, hosts }] }),
    })),
  });

  it('may be so everywhere or nowhere', () => {
    expect(
      unevenlyKept([facts('a', ['default', host]), facts('b', ['default', '*.shop.svc.cluster.local'])]),
    ).toEqual([]);
    expect(unevenlyKept([facts('a', ['default']), facts('b', ['default'])])).toEqual([]);
  });

  it('may be what another cluster does not have', () =>
    expect(
      unevenlyKept([facts('a', ['default', host]), { ...facts('b', ['default']), services: [] }]),
    ).toEqual([]));

  it('is named where one cluster keeps it and another does not', () =>
    expect(unevenlyKept([facts('a', ['default', host]), facts('b', ['default'])])).toMatchObject([
      {
        cluster: 'a',
        object: 'ConfigMap istio-system/istio',
        message: `keeps ${host} in its cluster, istiod default of b does not`,
      },
    ]));

  it('is named where one revision of a cluster is behind', () =>
    expect(
      unevenlyKept([facts('a', ['default', host], ['canary']), facts('b', ['default', host])]),
    ).toMatchObject([
      {
        cluster: 'a',
        object: 'ConfigMap istio-system/istio-canary',
        message: `does not keep ${host} in its cluster, istiod default of a, default of b does`,
      },
    ]));
});
