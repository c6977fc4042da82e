import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../../src/checks/engine/check.ts';
import { catalogue, runChecks } from '../../../src/checks/index.ts';
import type { CheckResult } from '../../../src/report/index.ts';
import { FakeMesh } from '../../fakes/mesh.ts';
import { faults } from './faults/index.ts';

const retry = { rolloutMs: 200, delayMs: 10, listMs: 100 };

/** One cluster's istiod is in a namespace of its own choosing, the other's in the usual one. */
const mixed = () => FakeMesh.healthy(['eks-1', { name: 'eks-2', istioNamespace: 'mesh-system' }]);

async function results(mesh: FakeMesh, checks: readonly Check[] = catalogue): Promise<CheckResult[]> {
  return runChecks({ checks, context: { ...(await mesh.context()), withoutFile: true }, retry });
}

const problemsOf = (all: readonly CheckResult[]) =>
  all.flatMap(({ id, outcome }) =>
    'problems' in outcome ? outcome.problems.map((one) => ({ id, ...one })) : [],
  );

describe('a mesh whose istiods are in different namespaces', () => {
  let mesh: FakeMesh;
  beforeAll(async () => {
    mesh = await mixed();
  });
  afterAll(() => mesh.close());

  it('passes every check, and no istio-system is looked into where istiod is not', async () => {
    const all = await results(mesh);
    expect(problemsOf(all)).toEqual([]);
    expect([...new Set(all.map(({ outcome }) => outcome.status))]).toEqual(['pass']);
    const asked = mesh.member('eks-2').server.seen.map(({ url }) => url ?? '');
    expect(asked.filter((url) => url.includes('/namespaces/istio-system/'))).toEqual([]);
    expect(asked.filter((url) => url.includes('/namespaces/mesh-system/'))).not.toEqual([]);
  });
});

describe('what is wrong there', () => {
  let mesh: FakeMesh;
  afterEach(() => mesh.close());

  it('is a network that a peer’s istiod looks for where it is itself, in a namespace that is not there', async () => {
    mesh = await mixed();
    mesh.member('eks-1').server.drop({ apiVersion: 'v1', kind: 'Namespace', name: 'mesh-system' });
    const found = problemsOf(await results(mesh)).filter(({ id }) => id === 'gateways');
    expect(found).toMatchObject([
      {
        cluster: 'eks-1',
        object: 'Namespace mesh-system',
        message: 'has no network label, its cluster is in network1',
        fix: 'kubectl --context arn:fake/eks-1 create namespace mesh-system; kubectl --context arn:fake/eks-1 label namespace mesh-system topology.istio.io/network=network1 --overwrite',
      },
    ]);
  });

  // As in the usual namespace, so that nothing is looked for in the wrong one, and no remedy leads there.
  const ids = ['istiod-config', 'secrets', 'shards', 'trust', 'residency'];
  const inSystem = faults.filter(
    ({ id, cluster, object }) =>
      ids.includes(id) && cluster === 'eks-2' && /^\^.*istio-system/.test(object.source),
  );
  it.each(inSystem.map((fault) => [fault.id, fault.what, fault] as const))(
    'is found as elsewhere: %s: %s',
    async (id, _what, fault) => {
      mesh = await mixed();
      fault.inject(mesh);
      const check = catalogue.find((one) => one.id === id) as Check;
      const own = problemsOf(await results(mesh, [check])).filter(({ cluster }) => cluster === 'eks-2');
      const objects = own.map(({ object = '' }) => object);
      expect(objects.map((one) => one.replace('mesh-system', 'istio-system')).join('\n')).toMatch(
        new RegExp(fault.object.source.replaceAll(/^\^|\$$/g, '')),
      );
      expect(JSON.stringify(own)).not.toMatch(/istio-system/);
    },
  );
});
