import { describe, expect, it, vi } from 'vitest';
import { Collection, type MeshFile } from '../../../src/bundle/collection.ts';
import { manifestOf } from '../../../src/bundle/manifest.ts';
import { BundleParts } from '../../../src/bundle/parts.ts';
import { IsthmusError } from '../../../src/errors/index.ts';
import { parseTopology } from '../../../src/topology/index.ts';

const topology = parseTopology(
  'apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: demo}\nspec:\n  clusters:\n    - {name: east, provider: existing, context: east, network: n1}\n',
  'mesh.yaml',
);
const made = { at: new Date(0), tookMs: 1500, version: '1.2.3' };

const nowhere = async () => {};

describe('what a bundle says of itself', () => {
  it('lists every file, what was cut, what is not there and what could not be had with its reason', async () => {
    const parts = new BundleParts(nowhere);
    await parts.ofCluster('east', async (take) => {
      const collection = new Collection(take);
      await collection.file('logs/a.log', 'log', async () => ({
        content: 'x\n',
        shortened: 'the last 2 lines',
      }));
      await collection.file('objects/NetworkPolicy.yaml', 'policies', async () => ({ content: '' }));
      await collection.file('istiod/a/clusterz.json', 'clusters', () =>
        Promise.reject(new Error('refused\nwith token: planted-secret')),
      );
      return collection;
    });
    const lines = manifestOf({ ...parts, topology, made }).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'clusters: east (existing, n1)',
        '          2  east/logs/a.log  log',
        '  east/logs/a.log: the last 2 lines',
        '  east/objects/NetworkPolicy.yaml',
        '  east/istiod/a/clusterz.json: refused with token: [removed]',
      ]),
    );
  });

  it('redacts every file that comes in, and keeps none', async () => {
    const taken: MeshFile[] = [];
    const parts = new BundleParts(async (file) => void taken.push(file));
    await parts.add({ name: 'a', about: 'b', content: 'password: planted' });
    expect(taken).toEqual([{ name: 'a', about: 'b', content: 'password: [removed]' }]);
    expect(parts.files).toEqual([{ name: 'a', about: 'b', bytes: 19 }]);
  });

  it('asks no more than there is room for', async () => {
    let asked = 0;
    const taken: (() => void)[] = [];
    const collection = new Collection(() => new Promise((resolve) => taken.push(resolve)));
    const files = Array.from({ length: 20 }, (_, at) =>
      collection.file(`${at}`, 'page', async () => {
        asked += 1;
        return { content: 'x' };
      }),
    );
    await vi.waitFor(() => expect(taken).toHaveLength(8));
    expect(asked).toBe(8);
    taken[0]?.();
    await vi.waitFor(() => expect(asked).toBe(9));
    for (let at = 1; at < 20; at += 1) {
      await vi.waitFor(() => expect(taken[at]).toBeDefined());
      taken[at]?.();
    }
    await Promise.all(files);
  });

  it('does not take an interruption for something that is missing', async () => {
    const interrupted = () => Promise.reject(new IsthmusError('INTERRUPTED', 'interrupted'));
    await expect(new Collection(nowhere).collect('x', interrupted)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    await expect(new BundleParts(nowhere).attempt('x', interrupted)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });
});
