import { afterEach, beforeEach, expect, it } from 'vitest';
import { planMesh, upMesh } from '../../../src/mesh/index.ts';
import { versions } from '../../../src/toolchain/index.ts';
import { ContextsMesh } from './contexts-mesh.ts';

let mesh: ContextsMesh;
beforeEach(async () => {
  mesh = await ContextsMesh.start({ alive: 'healthy' });
});
afterEach(() => mesh.stop());

const running = (tag: string) =>
  mesh.server('alive').put({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'istio-system', name: 'istiod', labels: { app: 'istiod' } },
    spec: { template: { spec: { containers: [{ name: 'discovery', image: `istio/pilot:${tag}` }] } } },
  });
const operation = () => ({ ...mesh.operation(['alive']), skipChecks: true });

it.each([
  ['1.29.6', 'set spec.istio.version to a patch of 1.30 first'],
  ['1.28.0-distroless', 'bring it to 1.29 by the means that it was installed with'],
  ['1.33.0', 'bring it to 1.32 by the means that it was installed with'],
])('an istiod %s is not brought to the file’s version, and nothing is written', async (tag, way) => {
  running(tag);
  await expect(upMesh(operation())).rejects.toMatchObject({
    code: 'ISTIO_MINOR_SKIPPED',
    message: `alive runs Istio ${tag}; ${versions.istio} is more than one minor version away`,
    hint: expect.stringContaining(way),
  });
  expect(mesh.server('alive').writes).toEqual([]);
});

it('plan says what up refuses', async () => {
  running('1.29.6');
  const { notes } = await planMesh(mesh.operation(['alive']));
  expect(notes).toContainEqual(
    expect.stringMatching(/^up refuses: alive runs Istio 1\.29\.6; .*1\.30 first$/),
  );
});

it('plan has nothing against an istiod of the minor before', async () => {
  running('1.30.4');
  const { notes } = await planMesh(mesh.operation(['alive']));
  expect(notes.filter((note) => note.startsWith('up refuses'))).toEqual([]);
});
