import { describe, expect, it } from 'vitest';
import { clusterLocalOf, isClusterLocal, type MeshConfig, settingOf } from '../../../../src/istio/index.ts';

type Settings = NonNullable<MeshConfig['serviceSettings']>;

const host = (name: string) => `${name}.svc.cluster.local`;
const kept = (...names: string[]) => ({ settings: { clusterLocal: true }, hosts: names.map(host) });
const excepted = (...names: string[]) => ({ settings: { clusterLocal: false }, hosts: names.map(host) });

/** What istiod's pilot/pkg/model/cluster_local.go makes of each. */
const cases: readonly [
  what: string,
  settings: Settings,
  isKept: readonly string[],
  isNot: readonly string[],
][] = [
  [
    'nothing',
    [],
    ['dns.kube-system', 'kubernetes.default', 'istiod.istio-system'],
    ['cart.shop', 'a.default'],
  ],
  [
    'a namespace but one host',
    [kept('*.shop'), excepted('vault.shop')],
    ['cart.shop'],
    ['vault.shop', 'a.tools'],
  ],
  ['the exception first', [excepted('vault.shop'), kept('*.shop')], ['cart.shop'], ['vault.shop']],
  ['everything but a namespace', [kept('*'), excepted('*.shop')], ['a.tools'], ['cart.shop']],
  [
    'one host of an excepted namespace',
    [excepted('*.shop'), kept('vault.shop'), kept('*')],
    ['vault.shop', 'a.tools'],
    ['cart.shop'],
  ],
  ['one host twice, the last word', [kept('vault.shop'), excepted('vault.shop')], [], ['vault.shop']],
  [
    'settings that say nothing',
    [kept('*.shop'), { hosts: [host('vault.shop')] }],
    ['a.shop'],
    ['vault.shop'],
  ],
  ['a default taken away', [excepted('*.kube-system')], ['kubernetes.default'], ['dns.kube-system']],
  [
    'a default taken away by one host',
    [excepted('dns.kube-system')],
    [],
    ['dns.kube-system', 'a.kube-system'],
  ],
  ['a default within what is excepted', [excepted('*')], ['dns.kube-system'], ['cart.shop']],
  ['the API server of all', [excepted('kubernetes.default')], ['dns.kube-system'], ['kubernetes.default']],
];

describe('what istiod keeps in its cluster', () => {
  it.each(cases)('%s', (...[, serviceSettings, isKept, isNot]) => {
    const settings = clusterLocalOf({ serviceSettings });
    expect(isKept.filter((name) => !isClusterLocal(settings, host(name)))).toEqual([]);
    expect(isNot.filter((name) => isClusterLocal(settings, host(name)))).toEqual([]);
  });

  it('is asked of a wildcard too, of itself first', () => {
    const settings = clusterLocalOf({ serviceSettings: [kept('*'), excepted('*.shop')] });
    expect(isClusterLocal(settings, host('*.shop'))).toBe(false);
    expect(isClusterLocal(settings, host('*.tools'))).toBe(true);
  });

  it('has istiod itself where its proxies find it', () => {
    const settings = clusterLocalOf({ defaultConfig: { discoveryAddress: 'istiod-1.mesh.svc:15012' } });
    expect(isClusterLocal(settings, host('istiod-1.mesh'))).toBe(true);
    expect(isClusterLocal(settings, host('istiod.istio-system'))).toBe(false);
  });

  it('tells what was said from what is so anyway', () => {
    const settings = clusterLocalOf({ serviceSettings: [kept('*.kube-system', 'a.shop')] });
    expect(settingOf(settings, host('dns.kube-system'))?.byDefault).toBe(false);
    expect(settingOf(settings, host('kubernetes.default'))?.byDefault).toBe(true);
  });
});
