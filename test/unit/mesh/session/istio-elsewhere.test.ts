import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { istiosElsewhere, refuseIstioElsewhere } from '../../../../src/mesh/session/istio-elsewhere.ts';
import { Session } from '../../../../src/mesh/session/session.ts';
import { silentReporter } from '../../../../src/report/index.ts';
import { parseTopology } from '../../../../src/topology/index.ts';
import { ContextsMesh } from '../contexts-mesh.ts';

let mesh: ContextsMesh;
beforeEach(async () => {
  mesh = await ContextsMesh.start({ one: 'healthy', other: 'healthy' });
});
afterEach(() => mesh.stop());

function putIstiod(context: string, namespace: string): void {
  mesh.server(context).put(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace, name: 'istiod', labels: { app: 'istiod' } },
    },
  );
}

/** A session of the mesh with these keys on the first cluster. */
async function session(more = '') {
  const text = mesh.text(['one', 'other']).replace('{name: one, ', `{name: one, ${more}`);
  const file = join(mesh.folder, 'mesh.yaml');
  await writeFile(file, text);
  const topology = parseTopology(text, file);
  return new Session({ topology, reporter: silentReporter, signal: new AbortController().signal });
}

test('an istiod in another namespace than the file says is refused at the cluster’s line', async () => {
  putIstiod('one', 'mesh-system');
  putIstiod('other', 'istio-system');
  const opened = await session();
  await expect(refuseIstioElsewhere(opened, opened.topology.clusters)).rejects.toMatchObject({
    code: 'MESH_FILE_INVALID',
    message:
      'cluster one: its istiod is in namespace mesh-system, the file has istio-system as it says no other',
    where: { file: join(mesh.folder, 'mesh.yaml'), line: 6 },
    hint: expect.stringContaining('`istioNamespace: mesh-system`'),
  });
});

test('one where the file says is none, whatever else is in the cluster', async () => {
  putIstiod('one', 'mesh-system');
  putIstiod('one', 'team-a');
  const opened = await session('istioNamespace: mesh-system, ');
  expect(await istiosElsewhere(opened, opened.topology.clusters)).toEqual([]);
});

test('a namespace that the file states is meant, and what isthmus made does not move to it', async () => {
  putIstiod('one', 'team-a');
  const stated = await session('istioNamespace: mesh-system, ');
  expect(await istiosElsewhere(stated, stated.topology.clusters)).toEqual([]);
  const labels = { app: 'istiod', 'app.kubernetes.io/managed-by': 'isthmus' };
  const client = mesh.server('one').client();
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'old-system' } });
  await client.apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'old-system', name: 'istiod', labels },
    spec: { replicas: 1 },
  });
  expect(await istiosElsewhere(stated, stated.topology.clusters)).toMatchObject([
    { namespace: 'old-system' },
  ]);
});
