import { afterEach, beforeEach, expect, it } from 'vitest';
import { planMesh } from '../../../../src/mesh/index.ts';
import { ContextsMesh } from '../contexts-mesh.ts';

let mesh: ContextsMesh;
beforeEach(async () => {
  mesh = await ContextsMesh.start({ alive: 'healthy', other: 'healthy' });
});
afterEach(() => mesh.stop());

/** Contexts that verify nothing, of clusters whose peers go by HTTPS. */
async function notesOf(...contexts: string[]): Promise<string[]> {
  const operation = mesh.operation(contexts);
  const clusters = operation.topology.clusters.map((one) => ({
    ...one,
    apiServer: `https://${one.name}:6443`,
  }));
  const { notes } = await planMesh({ ...operation, topology: { ...operation.topology, clusters } });
  return notes.filter((note) => note.startsWith('up refuses'));
}

it('names every cluster of which no authority is known, as up would refuse its remote secrets', async () => {
  mesh.server('other').put({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'kube-system', name: 'kube-root-ca.crt' },
    data: { 'ca.crt': 'authority of other' },
  });
  expect(await notesOf('alive', 'other')).toEqual([
    expect.stringMatching(
      /cluster alive does not verify .*kube-root-ca\.crt.*; put certificate-authority-data/,
    ),
  ]);
});

it('needs none of a cluster without peers', async () => expect(await notesOf('alive')).toEqual([]));
