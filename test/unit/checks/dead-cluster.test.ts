import { afterEach, beforeEach, expect, it } from 'vitest';
import { catalogue, runChecks, selectChecks } from '../../../src/checks/index.ts';
import { isTelnet } from '../../fakes/mesh/pods.ts';
import { FakeMesh } from '../../fakes/mesh.ts';

const names = ['eks-1', 'eks-2', 'eks-3', 'eks-4'];
let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy(names);
}, 60_000);
afterEach(() => mesh.close());

it('a cluster that never answers fails by itself, and nothing else is asked of it than whether it answers and settles', async () => {
  const { server } = mesh.member('eks-3');
  server.mode = 'silent';
  const results = await runChecks({ checks: catalogue, context: await mesh.context() });
  const failed = results.filter(({ outcome }) => outcome.status === 'fail');
  expect(failed.map(({ id, subject }) => `${id} ${subject}`)).toEqual(['clusters eks-3']);
  // Kinds of version v1 are what lists of pods begin with.
  expect(server.refused.map(({ url }) => url).toSorted()).toEqual(['/api/v1', '/version']);
}, 120_000);

it('many failures ask together whether pods come and go', async () => {
  for (const member of mesh.members)
    member.override = ({ command }) => (isTelnet(command) ? { exitCode: 1, stderr: 'refused' } : undefined);
  mesh.forgetRequests();
  const results = await runChecks({ checks: selectChecks(['reach']), context: await mesh.context() });
  expect(new Set(results.map(({ outcome }) => outcome.status))).toEqual(new Set(['fail']));
  for (const { server } of mesh.members) {
    const lists = server.seen.filter(({ url }) =>
      /\/namespaces\/istio-system\/pods\?(?!.*Selector)/.test(url),
    );
    // Twice for all that ask at one time, and again where some come later.
    expect(lists.length).toBeLessThan(results.length / 2);
    expect(lists.length).toBeGreaterThan(0);
  }
}, 120_000);
