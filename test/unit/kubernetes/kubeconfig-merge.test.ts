import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  connectionFromKubeconfig,
  type KubeConnection,
  mergeKubeconfig,
  removeFromKubeconfig,
  standaloneKubeconfig,
} from '../../../src/kubernetes/index.ts';
import { loadFiles } from '../../../src/kubernetes/kubeconfig/loading.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-kubeconfig-'));
  path = join(folder, 'config');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const connection = (cluster: string, server: string, token = 't'): Promise<KubeConnection> =>
  connectionFromKubeconfig({
    cluster,
    text: JSON.stringify({
      clusters: [{ name: 'c', cluster: { server } }],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  });

const theirs = `# mine, do not touch
apiVersion: v1
kind: Config
preferences: {}
current-context: mine
clusters:
- cluster:
    server: https://10.0.0.1 # production
    x-unknown: [1, 2]
  name: mine
contexts:
- context: {cluster: mine, namespace: "team", user: mine}
  name: mine
users:
- name: mine
  user:
    token: 'abc'
`;

const ours = `- name: isthmus-demo-eks-1
  cluster:
    server: https://100.64.0.11:6443
    extensions:
    - name: isthmus.io/mesh
      extension:
        mesh: demo
`;

test('a merge adds its own entries and changes no other byte; a removal takes them out again', async () => {
  await writeFile(path, theirs);
  const options = {
    path,
    mesh: 'demo',
    connections: [await connection('eks-1', 'https://100.64.0.11:6443')],
  };
  expect(await mergeKubeconfig(options)).toEqual({ path, added: ['eks-1'], replaced: [], unchanged: [] });
  const merged = await readFile(path, 'utf8');
  expect(merged).toContain(ours);
  const lines = merged.split('\n');
  expect(theirs.split('\n').filter((line) => !lines.includes(line))).toEqual([]);
  expect(await mergeKubeconfig(options)).toMatchObject({ added: [], unchanged: ['eks-1'] });
  expect(await readFile(path, 'utf8')).toBe(merged);
  expect(await removeFromKubeconfig({ path, mesh: 'other' })).toEqual([]);
  expect(await removeFromKubeconfig({ path, mesh: 'demo' })).toEqual(['eks-1']);
  expect(await readFile(path, 'utf8')).toBe(theirs);
  expect(await readdir(folder)).toEqual(['config']);
});

test('numbers of others stay as they are written, however many digits they have', async () => {
  const numbers = [
    'a: 12345678901234567890',
    'b: -9007199254740993',
    'c: 12345678901234567890.5',
    'd: [0x1F, 0o17, 017, 0b101, +5, 1_000, 1e3, .5, .inf, 1:30]',
    'e: {18446744073709551615: {k: 98765432109876543210}}',
    'f: !!int 12345678901234567891',
  ];
  await writeFile(path, `${theirs}x-numbers:\n  ${numbers.join('\n  ')}\n`);
  await mergeKubeconfig({ path, connections: [await connection('eks-1', 'https://100.64.0.11:6443')] });
  const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.trim());
  expect(numbers.filter((line) => !lines.includes(line))).toEqual([]);
});

test('a changed credential is replaced, a namespace that the user chose in ours is no change', async () => {
  const merge = async (token: string) =>
    mergeKubeconfig({ path, connections: [await connection('eks-1', 'https://a', token)] });
  await merge('one');
  await writeFile(
    path,
    (await readFile(path, 'utf8')).replace(/(user: isthmus-eks-1)/, '$1\n    namespace: team'),
  );
  expect((await merge('one')).unchanged).toEqual(['eks-1']);
  expect((await merge('two')).replaced).toEqual(['eks-1']);
  expect(await readFile(path, 'utf8')).toContain('token: two');
});

test('a context that leads elsewhere is refused unless forced, one that leads to the same is left', async () => {
  await writeFile(path, theirs);
  const elsewhere = [await connection('mine', 'https://10.9.9.9')];
  await expect(mergeKubeconfig({ path, connections: elsewhere })).rejects.toMatchObject({
    code: 'KUBECONFIG_INVALID',
    message: expect.stringContaining('a context mine that leads to another cluster'),
  });
  expect(await readFile(path, 'utf8')).toBe(theirs);
  const same = [await connection('mine', 'https://10.0.0.1')];
  expect((await mergeKubeconfig({ path, connections: same })).unchanged).toEqual(['mine']);
  expect(await readFile(path, 'utf8')).toBe(theirs);
  expect((await mergeKubeconfig({ path, connections: elsewhere, force: true })).replaced).toEqual(['mine']);
  expect(await readFile(path, 'utf8')).toContain("token: 'abc'");
});

test('two meshes whose clusters have the same name do not take each other’s contexts', async () => {
  await mergeKubeconfig({ path, mesh: 'one', connections: [await connection('eks-1', 'https://a')] });
  const other = { path, mesh: 'two', connections: [await connection('eks-1', 'https://b')] };
  await expect(mergeKubeconfig(other)).rejects.toMatchObject({ code: 'KUBECONFIG_INVALID' });
});

test('a new file is private, an old one keeps its mode, and a symbolic link stays one', async () => {
  const connections = [await connection('eks-1', 'https://a')];
  await mergeKubeconfig({ path, connections });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, 'utf8')).toContain('current-context: eks-1');
  const real = join(folder, 'real');
  await writeFile(real, theirs);
  await chmod(real, 0o640);
  await symlink('real', join(folder, 'link'));
  await mergeKubeconfig({ path: join(folder, 'link'), connections });
  expect((await stat(real)).mode & 0o777).toBe(0o640);
  expect(await readFile(real, 'utf8')).toContain('isthmus-eks-1');
});

test('of several files the first is written, and the others count for conflicts', async () => {
  const second = join(folder, 'second');
  await writeFile(second, theirs);
  vi.stubEnv('KUBECONFIG', `${path}:${second}:${join(folder, 'missing')}`);
  expect(await mergeKubeconfig({ connections: [await connection('eks-1', 'https://a')] })).toMatchObject({
    path,
  });
  expect(await readFile(second, 'utf8')).toBe(theirs);
  const elsewhere = [await connection('mine', 'https://10.9.9.9')];
  await expect(mergeKubeconfig({ connections: elsewhere })).rejects.toMatchObject({
    code: 'KUBECONFIG_INVALID',
  });
  expect(await removeFromKubeconfig({})).toEqual(['eks-1']);
});

test('a broken file is named with its line, without the line itself, and left as it is', async () => {
  const broken = 'apiVersion: v1\nusers:\n- name: a\n  user: {token: "planted-token\n';
  await writeFile(path, broken);
  const error = await mergeKubeconfig({ path, connections: [await connection('a', 'https://a')] }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'KUBECONFIG_INVALID', where: { file: path } });
  expect(String(error)).not.toContain('planted');
  expect(await readFile(path, 'utf8')).toBe(broken);
  await writeFile(path, 'contexts: 7\n');
  await expect(removeFromKubeconfig({ path })).rejects.toMatchObject({
    message: expect.stringContaining('contexts is not a list'),
  });
});

test('a lock that another program holds is respected', async () => {
  await writeFile(`${path}.lock`, '');
  await expect(
    mergeKubeconfig({ path, connections: [await connection('a', 'https://a')] }),
  ).rejects.toMatchObject({ code: 'LOCK_HELD' });
  expect(await readdir(folder)).toEqual(['config.lock']);
});

test('a lock that a killed isthmus left behind is taken away', async () => {
  const room = fileURLToPath(new URL('../../../src/kubernetes/kubeconfig/private-file.ts', import.meta.url));
  const script = `
    const { editPrivateFile } = await import(${JSON.stringify(room)});
    await editPrivateFile(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'));`;
  const killed = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  expect(killed.signal).toBe('SIGKILL');
  expect(await readdir(folder)).toEqual(['config.lock']);
  const merged = await mergeKubeconfig({ path, connections: [await connection('a', 'https://a')] });
  expect(merged.added).toEqual(['a']);
  expect(await readdir(folder)).toEqual(['config']);
});

test('several at once leave a kubeconfig with all of their contexts', async () => {
  const names = ['a', 'b', 'c', 'd'];
  await Promise.all(
    names.map(async (name) =>
      mergeKubeconfig({ path, connections: [await connection(name, `https://${name}`)] }),
    ),
  );
  const text = await readFile(path, 'utf8');
  for (const name of names) expect(text).toContain(`server: https://${name}`);
  expect(await readdir(folder)).toEqual(['config']);
});

test('waiting for a lock can be interrupted', async () => {
  await writeFile(`${path}.lock`, '');
  const connections = [await connection('a', 'https://a')];
  const merging = mergeKubeconfig({ path, connections, signal: AbortSignal.timeout(100) });
  await expect(merging).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(await readdir(folder)).toEqual(['config.lock']);
});

test('a kubeconfig of its own connects as the connections do', async () => {
  const text = standaloneKubeconfig([
    await connection('a', 'https://a'),
    await connection('b', 'https://b', 'tb'),
  ]);
  const back = await connectionFromKubeconfig({ cluster: 'again', text, context: 'b' });
  expect(back.apiServerForPeers).toBe('https://b');
  expect(back.config.user.token).toBe('tb');
  expect((await connectionFromKubeconfig({ cluster: 'again', text })).apiServerForPeers).toBe('https://a');
});

test('an unknown context is answered with those there are, a missing file with its path', async () => {
  await writeFile(path, theirs);
  await expect(connectionFromKubeconfig({ cluster: 'c', path, context: 'nope' })).rejects.toMatchObject({
    code: 'CONTEXT_UNKNOWN',
    message: `context nope is not in ${path}`,
    hint: 'use one of: mine',
  });
  const missing = join(folder, 'missing');
  await expect(connectionFromKubeconfig({ cluster: 'c', path: missing })).rejects.toMatchObject({
    code: 'CONTEXT_UNKNOWN',
    message: expect.stringContaining(missing),
  });
});

test('peers verify an API server by the name of the kubeconfig, at the address of the kubeconfig alone', async () => {
  const text = JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: 'https://198.51.100.1/', 'tls-server-name': 'api.corp' } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
  const byPeers = async (apiServerForPeers?: string) =>
    (await connectionFromKubeconfig({ cluster: 'east', text, apiServerForPeers })).serverNameForPeers;
  expect(await byPeers()).toBe('api.corp');
  expect(await byPeers('https://198.51.100.1')).toBe('api.corp');
  expect(await byPeers('https://10.0.0.1:6443')).toBeUndefined();
});

test('a file that says the same is parsed once for all clusters that it names, and anew when it says something else', async () => {
  const text = (server: string) =>
    JSON.stringify({
      clusters: ['a', 'b'].map((name) => ({ name, cluster: { server: `https://${name}.${server}` } })),
      users: [{ name: 'u', user: { token: 't' } }],
      contexts: ['a', 'b'].map((name) => ({ name, context: { cluster: name, user: 'u' } })),
    });
  await writeFile(path, text('one'), { mode: 0o600 });
  const first = loadFiles([path], true);
  expect(loadFiles([path], true).clusters.get('b')).toBe(first.clusters.get('b'));
  await writeFile(path, text('two'), { mode: 0o600 });
  const { apiServerForPeers } = await connectionFromKubeconfig({ cluster: 'a', path, context: 'a' });
  expect(apiServerForPeers).toBe('https://a.two');
});
