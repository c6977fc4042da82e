import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  claimFolder,
  claimMeshFolder,
  isOwnMeshFolder,
  removeMeshFolder,
  removeOwnFolder,
} from '../../../src/local/host/own-folder.ts';
import { meshPaths, nodePaths } from '../../../src/local/host/paths.ts';
import { clusterNames } from '../../../src/local/node/node-record.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'own-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const foreign = async (dir: string) => {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'thesis.txt'), 'years of work');
};

describe('a run directory in which others have folders', () => {
  it('takes none of them for a mesh or a cluster, and removes none', async () => {
    const mesh = meshPaths('app', root);
    await foreign(join(mesh.dir, 'src'));
    expect(await clusterNames(mesh)).toEqual([]);
    await removeOwnFolder(nodePaths(mesh, 'src').dir, 'node.json');
    expect(await removeMeshFolder(mesh)).toEqual([]);
    expect(await readdir(join(mesh.dir, 'src'))).toEqual(['thesis.txt']);
  });

  it('is refused for a mesh or a cluster of such a name', async () => {
    const mesh = meshPaths('app', root);
    await foreign(mesh.dir);
    await expect(claimMeshFolder(mesh)).rejects.toMatchObject({ code: 'FOLDER_FOREIGN' });
    expect(await isOwnMeshFolder(mesh)).toBe(false);
    expect(await readdir(mesh.dir)).toEqual(['thesis.txt']);
  });

  it('keeps what others put beside the clusters of a mesh, and says so', async () => {
    const mesh = meshPaths('demo', root);
    await claimMeshFolder(mesh);
    await writeFile(mesh.record, '{}');
    const node = nodePaths(mesh, 'eks-1');
    await claimFolder(node.dir, 'node.json');
    await mkdir(join(node.dir, 'etcd'));
    await foreign(join(mesh.dir, 'notes'));
    expect(await clusterNames(mesh)).toEqual(['eks-1']);
    await removeOwnFolder(node.dir, 'node.json');
    await removeOwnFolder(nodePaths(mesh, 'notes').dir, 'node.json');
    expect(await removeMeshFolder(mesh)).toEqual(['notes']);
    expect(await readdir(join(mesh.dir, 'notes'))).toEqual(['thesis.txt']);
    expect(await readdir(mesh.dir)).toEqual(['notes']);
  });
});

describe('folders of earlier versions, which have no mark', () => {
  it('are known by their records and removed whole', async () => {
    const mesh = meshPaths('demo', root);
    const node = nodePaths(mesh, 'eks-1');
    await mkdir(join(node.dir, 'etcd'), { recursive: true });
    await writeFile(mesh.record, JSON.stringify({ mesh: 'demo', subnet: 0, bridge: mesh.bridge }));
    await writeFile(node.record, 'torn');
    expect(await clusterNames(mesh)).toEqual(['eks-1']);
    await claimMeshFolder(mesh);
    await removeOwnFolder(node.dir, 'node.json');
    expect(await removeMeshFolder(mesh)).toEqual([]);
    expect(await readdir(root)).toEqual([]);
  });

  it('are not taken for those of another mesh', async () => {
    const mesh = meshPaths('demo', root);
    await mkdir(mesh.dir);
    await writeFile(mesh.record, JSON.stringify({ mesh: 'demo', bridge: meshPaths('demo', '/else').bridge }));
    expect(await isOwnMeshFolder(mesh)).toBe(false);
  });
});

it('goes on after a claim or a removal that was cut short', async () => {
  const mesh = meshPaths('demo', root);
  await mkdir(mesh.dir);
  await writeFile(join(mesh.dir, '.isthmus.0123456789ab.draft'), '');
  await claimMeshFolder(mesh);
  expect(await removeMeshFolder(mesh)).toEqual([]);
  expect(await removeMeshFolder(mesh)).toEqual([]);
  expect(await readdir(root)).toEqual([]);
});
