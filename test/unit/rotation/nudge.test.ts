import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { IsthmusError } from '../../../src/errors/index.ts';
import type { Pod } from '../../../src/kubernetes/index.ts';
import type { MeshCluster } from '../../../src/provider/index.ts';
import { Nudge } from '../../../src/rotation/nudge.ts';

const pod = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'istio-system', name },
  spec: { containers: [{ name: 'discovery' }] },
  status: { phase: 'Running' },
});

it('has waited for every pod when one cannot be nudged', async () => {
  const nudged: string[] = [];
  const patch = async ({ name }: { name: string }) => {
    if (name === 'quick') throw new IsthmusError('CLUSTER_UNREACHABLE', 'gone');
    await delay(30);
    nudged.push(name);
  };
  const kube = { list: async () => [pod('quick'), pod('slow')], patch };
  const cluster = { spec: { name: 'a', namespaces: {} }, kube } as unknown as MeshCluster;
  await expect(new Nudge(new AbortController().signal).again([cluster])).rejects.toThrow('gone');
  expect(nudged).toEqual(['slow']);
});
