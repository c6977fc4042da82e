import { afterAll, describe, expect, it } from 'vitest';
import { complaints, localMesh, sharedBed } from '../bed.ts';

const bed = sharedBed();

describe('a third cluster', () => {
  afterAll(async () => {
    await bed.write(localMesh('e2e', 2));
    const down = await bed.isthmus(['down', 'eks-3']);
    expect(down.exitCode, down.stderr).toBe(0);
    const up = await bed.isthmus(['up']);
    expect(up.exitCode, up.stderr).toBe(0);
  });

  it('joins without touching what is there but the peers’ remote secrets, and all six directions answer', async () => {
    const ages = () =>
      bed.ok('eks-1', ['get', 'pods', '-A', '-o', 'jsonpath={range .items[*]}{.metadata.uid}{"\\n"}{end}']);
    const before = await ages();
    await bed.write(localMesh('e2e', 3));
    const up = await bed.isthmus(['up', '-o', 'json', '--wait', '120']);
    expect(up.exitCode, up.stderr).toBe(0);
    const result = JSON.parse(up.stdout) as {
      clusters: string[];
      changes: { cluster: string; object: { name: string } }[];
    };
    expect(result.clusters).toEqual(['eks-3']);
    const others = result.changes
      .filter(({ cluster }) => cluster !== 'eks-3')
      .map(({ object }) => object.name);
    expect(
      [...new Set(others)].filter((name) => !/remote-secret|inventory|istio-reader|token/.test(name)),
    ).toEqual([]);
    expect(await ages()).toBe(before);
    const report = await bed.check(['traffic', 'sync', 'remotes'], ['--wait', '60']);
    expect(complaints(report)).toEqual([]);
    for (const cluster of ['eks-1', 'eks-2', 'eks-3']) {
      const traffic = JSON.stringify(
        report.results.find(({ id, subject }) => id === 'traffic' && subject === cluster)?.outcome,
      );
      for (const peer of ['eks-1', 'eks-2', 'eks-3']) expect(traffic).toContain(peer);
    }
  });
});
