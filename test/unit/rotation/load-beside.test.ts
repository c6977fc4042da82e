import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentReporter } from '../../../src/report/index.ts';
import { loadBeside } from '../../../src/rotation/load-beside.ts';
import { FakeMesh } from '../../fakes/mesh.ts';

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
});
afterEach(() => mesh.close());

it('takes its Service back where requests cannot begin', async () => {
  const clusters = mesh.members.map(({ cluster }) => cluster);
  const given = new AbortController();
  for (const member of mesh.members)
    member.override = ({ command }) => {
      if (!command.join(' ').includes('dynamic_route_configs')) return undefined;
      given.abort();
      return { exitCode: 1, stderr: 'its proxy does not answer' };
    };
  const begun = loadBeside({ clusters, rate: 10, reporter: silentReporter, signal: given.signal });
  await expect(begun).rejects.toThrow();
  const made = mesh.members.flatMap(({ server }) =>
    server.writes.filter((write) => write.includes('isthmus-fresh')),
  );
  expect(made.length).toBeGreaterThan(2);
  for (const { cluster } of mesh.members)
    for (const [apiVersion, kind] of [
      ['v1', 'Service'],
      ['networking.istio.io/v1', 'DestinationRule'],
    ] as const)
      expect(
        await cluster.kube.get({ apiVersion, kind, namespace: 'sample', name: 'isthmus-fresh' }),
      ).toBeUndefined();
});
