import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeMesh } from '../../../fakes/mesh.ts';
import { outcomeOf } from './entered.ts';

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
});
afterEach(() => mesh.close());

/** A pod whose container has a proxy's name and is told no network. */
function addPod(labels: Readonly<Record<string, string>>): void {
  const { store } = mesh.member('eks-1').server;
  const pod = {
    metadata: { labels },
    spec: {
      containers: [{ name: 'istio-proxy', image: 'x', env: [{ name: 'NETWORK', value: 'network1' }] }],
    },
  };
  const ref = { kind: store.kindOf('v1', 'Pod'), namespace: 'istio-system', name: 'added' };
  store.apply(ref, pod, { manager: 'test', dryRun: false, force: true });
}

it('a proxy that says no network is warned of', async () => {
  addPod({ app: 'cart' });
  expect(await outcomeOf(mesh, 'networks', 'eks-1')).toMatchObject({
    status: 'warn',
    problems: [{ object: 'Pod istio-system/added' }],
  });
});

it('a ztunnel, which is told it otherwise, is not', async () => {
  addPod({ app: 'ztunnel' });
  expect(await outcomeOf(mesh, 'networks', 'eks-1')).toMatchObject({ status: 'pass' });
});
