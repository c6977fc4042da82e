import { describe, expect, it } from 'vitest';
import { choosePods } from '../../../src/bundle/choose-pods.ts';
import { Collection } from '../../../src/bundle/collection.ts';
import { bundleLimits } from '../../../src/bundle/limits.ts';
import type { Pod } from '../../../src/kubernetes/index.ts';

interface Shape {
  readonly containers: readonly string[];
  readonly sidecars?: readonly string[];
  readonly labels?: Record<string, string>;
  readonly phase?: string;
}

function pod(path: string, { containers, sidecars = [], labels = {}, phase = 'Running' }: Shape): Pod {
  const [namespace = '', name = ''] = path.split('/');
  const named = (names: readonly string[]) => names.map((one) => ({ name: one }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: { containers: named(containers), initContainers: named(sidecars) },
    status: { phase },
  };
}

const istiod = pod('istio-system/istiod', { containers: ['discovery'] });
const gateway = pod('edge/gateway', { containers: ['istio-proxy'] });
const cart = pod('shop/cart', { containers: ['app'], sidecars: ['istio-proxy'], labels: { app: 'cart' } });
const web = pod('shop/web', { containers: ['app', 'istio-proxy'], labels: { app: 'web' } });
const bare = pod('shop/bare', { containers: ['app'] });
const pending = pod('shop/late', { containers: ['app', 'istio-proxy'], phase: 'Pending' });
const service = { namespace: 'shop', name: 'cart', port: 80 };
const services = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name: 'cart' },
    spec: { selector: { app: 'cart' } },
  },
];

function choose(pods: readonly Pod[], given: { service?: typeof service } = {}) {
  const collection = new Collection(async () => {});
  const chosen = choosePods({
    pods,
    services,
    service: given.service,
    istioNamespace: 'istio-system',
    collection,
  });
  const names = (all: readonly Pod[]) => all.map(({ metadata }) => metadata?.name);
  const { istiods, gateways, sidecars, others } = chosen;
  return {
    collection,
    istiods: names(istiods),
    gateways: names(gateways),
    sidecars: names(sidecars),
    others: names(others),
  };
}

describe('choosePods', () => {
  it('knows istiods, gateways in any namespace, and a client and a server of the shared Service', () => {
    const chosen = choose([istiod, gateway, pending, bare, cart, web], { service });
    expect(chosen).toMatchObject({ istiods: ['istiod'], gateways: ['gateway'], sidecars: ['web', 'cart'] });
    expect(chosen.collection.empty).toEqual([]);
  });

  it('takes any two sidecars where no Service is shared', () => {
    expect(choose([web, cart]).sidecars.sort()).toEqual(['cart', 'web']);
  });

  it('says so when there is no second sidecar', () => {
    const { sidecars, collection } = choose([bare, pending, cart], { service });
    expect(sidecars).toEqual(['cart']);
    expect(collection.empty).toEqual(['a second pod with a sidecar to dump']);
  });

  it('says so when there are more pods than it takes', () => {
    const many = Array.from({ length: bundleLimits.gatewayPods + 3 }, () => gateway);
    const { gateways, collection } = choose(many);
    expect(gateways).toHaveLength(bundleLimits.gatewayPods);
    expect(collection.shortened).toEqual([{ name: 'pods of gateways', text: 'the first 20 of 23' }]);
  });
});
