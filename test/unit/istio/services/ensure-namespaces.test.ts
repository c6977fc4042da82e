import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { IsthmusError } from '../../../../src/errors/index.ts';
import { ensureNamespaces } from '../../../../src/istio/services/ensure-namespaces.ts';
import type { MeshCluster } from '../../../../src/provider/index.ts';

it('has waited for every namespace when one is refused, and names it', async () => {
  const made: string[] = [];
  const cluster = (name: string, create: () => Promise<void>) => {
    const kube = { cluster: name, get: async () => undefined, create };
    return { spec: { name }, kube } as unknown as MeshCluster;
  };
  const refusing = cluster('a', async () => {
    throw new IsthmusError('API_REFUSED', 'not allowed');
  });
  const slow = cluster('b', async () => {
    await delay(30);
    made.push('b');
  });
  const policy = {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { namespace: 'shop' },
  };
  const { signal } = new AbortController();
  await expect(ensureNamespaces({ clusters: [refusing, slow], signal }, [policy])).rejects.toThrow(
    'not allowed',
  );
  expect(made).toEqual(['b']);
});
