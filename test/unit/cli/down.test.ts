import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { IsthmusError } from '../../../src/errors/index.ts';
import type { ClusterProvider } from '../../../src/provider/index.ts';
import { ContextsMesh } from '../mesh/contexts-mesh.ts';
import { isthmus } from './command-line.ts';

let mesh: ContextsMesh;
let file = '';
let kubeconfig = '';
beforeEach(async () => {
  mesh = await ContextsMesh.start({ alive: 'healthy' });
  file = join(mesh.folder, 'mesh.yaml');
  await writeFile(file, mesh.text([], ['near']));
  kubeconfig = join(mesh.folder, 'written');
  vi.stubEnv('KUBECONFIG', kubeconfig);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await mesh.stop();
});

/** It answers for as long as its contexts are written. */
let answers = true;
const near = {
  name: 'local',
  connection: async () => {
    if (!answers) throw new IsthmusError('CLUSTER_UNREACHABLE', 'near does not answer');
    return { ...mesh.server('alive').connection, cluster: 'near' };
  },
  list: async () => ['near'],
  remove: async () => {},
  audit: async () => [],
} as unknown as ClusterProvider;

const run = (...argv: readonly string[]) => {
  answers = argv[0] === 'contexts';
  return isthmus(['-f', file, ...argv], { providers: { local: async () => near } });
};

test('a removal is told although the kubeconfig cannot be cleaned afterwards, with the code', async () => {
  expect((await run('contexts')).exitCode).toBe(0);
  const written = await readFile(kubeconfig, 'utf8');
  await writeFile(kubeconfig, `${written}broken: [\n`);
  const told = await run('down');
  expect(told.exitCode, told.stderr).toBe(2);
  expect(told.stdout).toMatch(/^removed near; nothing is left$/m);
  expect(told.stdout).toMatch(
    /^KUBECONFIG_INVALID: contexts of removed clusters are left: \S+written is not/m,
  );
  const json = await run('down', '-o', 'json');
  expect(json.exitCode).toBe(2);
  expect(JSON.parse(json.stdout)).toMatchObject({
    kind: 'DownReport',
    removed: ['near'],
    kubeconfig: { code: 'KUBECONFIG_INVALID', hint: expect.stringContaining('mend the file') },
  });
  await writeFile(kubeconfig, written);
  expect(await run('down')).toMatchObject({ exitCode: 0, stdout: 'removed near; nothing is left\n' });
  expect(await readFile(kubeconfig, 'utf8')).not.toContain('near');
});

test('what is left in a kubeconfig of a cluster that the file no longer names is taken out by hand', async () => {
  await run('contexts');
  await writeFile(kubeconfig, `${await readFile(kubeconfig, 'utf8')}broken: [\n`);
  const byDown = /; then they are taken out by `isthmus down near`$/m;
  expect((await run('down', 'near', '--force')).stdout).toMatch(byDown);
  await writeFile(file, mesh.text([], ['other']));
  const told = await run('down');
  expect(told.stdout).toMatch(/^removed other, near; nothing is left$/m);
  expect(told.stdout).toMatch(
    /; then they are taken out by `isthmus down`, `kubectl config delete-context near`, `kubectl config delete-cluster isthmus-demo-near`, `kubectl config delete-user isthmus-demo-near`$/m,
  );
});

test('a kubeconfig with documents behind the first is cleaned, and keeps them', async () => {
  const behind = '---\nkind: Config\n# kept\n';
  await writeFile(kubeconfig, `kind: Config # mine\n${behind}`);
  expect((await run('contexts')).stdout).toMatch(/^near +added/m);
  expect(await run('down')).toMatchObject({ exitCode: 0, stdout: 'removed near; nothing is left\n' });
  expect(await readFile(kubeconfig, 'utf8')).toMatch(
    /^kind: Config # mine\n[\s\S]*contexts: \[\]\n[\s\S]*---\nkind: Config\n# kept\n$/,
  );
});
