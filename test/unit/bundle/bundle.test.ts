import { describe, expect, it } from 'vitest';
import { Collection } from '../../../src/bundle/collection.ts';
import { manifestOf } from '../../../src/bundle/manifest.ts';
import { BundleParts } from '../../../src/bundle/parts.ts';
import { IsthmusError } from '../../../src/errors/index.ts';
import { parseTopology } from '../../../src/topology/index.ts';

const topology = parseTopology(
  'apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: demo}\nspec:\n  clusters:\n    - {name: east, provider: existing, context: east, network: n1}\n',
  'mesh.yaml',
);
const made = { at: new Date(0), tookMs: 1500, version: '1.2.3' };

describe('what a bundle says of itself', () => {
  it('lists every file, what was cut, what is not there and what could not be had with its reason', async () => {
    const collection = new Collection();
    await collection.file('logs/a.log', 'log', async () => ({
      content: 'x\n',
      shortened: 'the last 2 lines',
    }));
    await collection.file('objects/NetworkPolicy.yaml', 'policies', async () => ({ content: '' }));
    await collection.file('istiod/a/clusterz.json', 'clusters', () =>
      Promise.reject(new Error('refused\nwith token: planted-secret')),
    );
    const parts = new BundleParts();
    parts.merge('east', collection);
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

  it('redacts every file that comes in', () => {
    const parts = new BundleParts();
    parts.add({ name: 'a', about: 'b', content: 'password: planted' });
    expect(parts.files).toEqual([{ name: 'a', about: 'b', content: 'password: [removed]' }]);
  });

  it('does not take an interruption for something that is missing', async () => {
    const interrupted = () => Promise.reject(new IsthmusError('INTERRUPTED', 'interrupted'));
    await expect(new Collection().collect('x', interrupted)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(new BundleParts().attempt('x', interrupted)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
