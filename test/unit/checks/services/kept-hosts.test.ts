import { afterEach, beforeEach, expect, it } from 'vitest';
import { expectedFrom } from '../../../../src/checks/facts/expected-from.ts';
import { Facts } from '../../../../src/checks/facts/facts.ts';
import { residency } from '../../../../src/checks/services/residency.ts';
import { FakeMesh } from '../../../fakes/mesh.ts';

const vault = 'vault.shop.svc.cluster.local';
const all = { settings: { clusterLocal: true }, hosts: ['*.shop.svc.cluster.local'] };
const but = (...hosts: string[]) => ({ settings: { clusterLocal: false }, hosts });

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
});
afterEach(() => mesh.close());

/** Both what these clusters are told and what their istiods act on. */
function tell(serviceSettings: object[], ...clusters: readonly string[]): void {
  for (const name of clusters) {
    const member = mesh.member(name);
    member.server.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'istio-system', name: 'istio' },
      data: { mesh: JSON.stringify({ serviceSettings }) },
    });
    member.override = ({ command }) =>
      command.at(-1) === '/debug/mesh' ? { stdout: JSON.stringify({ serviceSettings }) } : undefined;
  }
}

async function context() {
  const given = await mesh.context();
  return { ...given, facts: new Facts(given) };
}

/** Failures of the check about what primaries keep. */
async function told(): Promise<string[]> {
  const outcome = await residency.run(await context(), undefined);
  const problems = 'problems' in outcome ? outcome.problems : [];
  return problems.flatMap(({ cluster, message }) =>
    /keep|act on/.test(message) ? [`${cluster} ${message}`] : [],
  );
}

it('is content where a wildcard keeps the host', async () => {
  tell([all], 'eks-1', 'eks-2');
  expect(await told()).toEqual([]);
});

it('names every primary whose wildcard does not hold for the host, by what it is excepted', async () => {
  tell([all, but(vault)], 'eks-1', 'eks-2');
  expect(await told()).toEqual(
    ['eks-1', 'eks-2'].map(
      (name) => `${name} does not keep ${vault} in its cluster, for its serviceSettings except ${vault}`,
    ),
  );
});

it('names an exception that one primary alone makes, of a host that the file does not have', async () => {
  const other = 'cart.shop.svc.cluster.local';
  tell([all], 'eks-1');
  tell([all, but(other)], 'eks-2');
  expect(await told()).toEqual([
    `eks-2 does not keep ${other} in its cluster, for its serviceSettings except ${other}`,
  ]);
});

it('names an istiod that does not act on what it is told', async () => {
  tell([all], 'eks-1', 'eks-2');
  const serviceSettings = [all, but(vault)];
  mesh.member('eks-2').override = ({ command }) =>
    command.at(-1) === '/debug/mesh' ? { stdout: JSON.stringify({ serviceSettings }) } : undefined;
  expect(await told()).toEqual([`eks-2 does not act on serviceSettings for ${vault} yet`]);
});

it.each([
  ['kept', [], 1],
  ['excepted', ['helloworld.sample.svc.cluster.local'], 2],
])('expects of a service that is %s the endpoints that istiod gives', async (_what, excepted, clusters) => {
  tell(
    [{ settings: { clusterLocal: true }, hosts: ['*.sample.svc.cluster.local'] }, but(...excepted)],
    'eks-1',
  );
  const service = { namespace: 'sample', name: 'helloworld', port: 5000 };
  const { endpoints } = await expectedFrom('eks-1', service, { ...(await context()), age: 'now' });
  expect(new Set(endpoints.map(({ cluster }) => cluster)).size).toBe(clusters);
});
