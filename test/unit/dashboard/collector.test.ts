import { afterEach, beforeEach, expect, test } from 'vitest';
import { Collector } from '../../../src/dashboard/collect/collector.ts';
import { StateStore } from '../../../src/dashboard/collect/store.ts';
import { MeshView } from '../../../src/mesh/index.ts';
import { type CheckResult, pass } from '../../../src/report/index.ts';
import { ContextsMesh } from '../mesh/contexts-mesh.ts';

let mesh: ContextsMesh;
let store: StateStore;
beforeEach(async () => {
  mesh = await ContextsMesh.start({ alive: 'healthy' });
  store = new StateStore({ epoch: 'e', clean: (value) => value });
});
afterEach(() => mesh.stop());

async function collectorOf(contexts: readonly string[]): Promise<Collector> {
  const operation = mesh.operation(contexts);
  return new Collector({ view: await MeshView.open(operation), store, signal: operation.signal });
}

const result: CheckResult = {
  id: 'reach',
  title: 'gateways are reached',
  subject: 'alive',
  outcome: pass('all of them'),
  durationMs: 1,
  docs: 'docs/checks/reach.md',
};
const figures = { from: 'alive', service: 'a/b:80', answers: {}, expected: {}, failed: 0 };

test('what the checks came to elsewhere is taken, and none is run again', async () => {
  const collector = await collectorOf(['alive']);
  await collector.once(Promise.resolve({ results: [result], traffic: [figures] }));
  expect(store.keys('check/')).toEqual(['check/reach/alive']);
  expect(store.get('check/reach/alive')).toEqual(result);
  expect(store.get('traffic/alive')).toEqual(figures);
});

test('checks that could not be run elsewhere are said as that', async () => {
  const collector = await collectorOf(['alive']);
  await collector.once(Promise.reject(new Error('no rights')));
  expect(store.keys('check/')).toEqual([]);
  expect(store.entry('mesh')?.trouble).toBe('the checks could not be run: no rights');
});

test('of a cluster that does not answer it is said why, and nothing is claimed; the other is whole', async () => {
  const collector = await collectorOf(['alive', 'dead']);
  await collector.once(Promise.resolve({ results: [], traffic: [] }));
  expect(store.get('cluster/dead')?.now.unseen?.code).toBe('CLUSTER_UNREACHABLE');
  expect(store.get('cluster/alive')?.now.unseen).toBeUndefined();
  for (const part of ['endpoints', 'trust', 'versions'] as const) {
    const { value, trouble } = store.entry(`${part}/dead`) ?? {};
    expect([value, trouble]).toEqual([undefined, expect.stringContaining('does not answer')]);
  }
});

test('a cluster that stops answering keeps what was seen of it last', async () => {
  const collector = await collectorOf(['alive']);
  const nothing = Promise.resolve({ results: [], traffic: [] });
  await collector.once(nothing);
  const before = store.get('cluster/alive')?.now;
  await mesh.server('alive').close();
  await collector.once(nothing);
  const { now, last } = store.get('cluster/alive') ?? {};
  expect(now?.unseen?.code).toBe('CLUSTER_UNREACHABLE');
  expect(last?.status).toEqual(before);
});
