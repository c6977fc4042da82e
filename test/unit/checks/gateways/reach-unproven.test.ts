import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeMesh } from '../../../fakes/mesh.ts';
import { change, drop, pod, unready } from '../faults/fault.ts';
import { outcomeOf } from './entered.ts';

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
});
afterEach(() => mesh.close());

const helloworld = ['sample', 'helloworld'] as [string, string];

it.each<[string, string, (mesh: FakeMesh) => void, string]>([
  [
    'a caller that is ready',
    'eks-2 → eks-1',
    change(['v1', 'Pod'], ['sample', pod('sleep')], unready),
    'no ready sleep pod in eks-2 to begin a handshake from',
  ],
  [
    'a caller',
    'eks-2 → eks-1',
    drop(['v1', 'Pod'], 'sample', pod('sleep')),
    'no ready sleep pod in eks-2 to begin a handshake from',
  ],
  [
    'a server that is ready',
    'eks-1 → eks-2',
    change(['v1', 'Pod'], ['sample', pod('helloworld-v2')], unready),
    'no ready helloworld pod in eks-2 to answer',
  ],
  [
    'a Service',
    'eks-1 → eks-2',
    drop(['v1', 'Service'], ...helloworld),
    'eks-2 has no Service sample/helloworld with pods, so its gateway knows none',
  ],
  [
    'a Service with pods',
    'eks-1 → eks-2',
    change(['v1', 'Service'], helloworld, {
      spec: { type: 'ExternalName', externalName: 'elsewhere.example' },
    }),
    'eks-2 has no Service sample/helloworld with pods, so its gateway knows none',
  ],
])('nothing is proven without %s, and the other way is', async (...[, subject, inject, reason]) => {
  inject(mesh);
  expect(await outcomeOf(mesh, 'reach', subject)).toEqual({
    status: 'skip',
    reason: `not proven: ${reason}`,
  });
  const back = subject.split(' → ').reverse().join(' → ');
  expect(await outcomeOf(mesh, 'reach', back)).toMatchObject({ status: 'pass' });
});
