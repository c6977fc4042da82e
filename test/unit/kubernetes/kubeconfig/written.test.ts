import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import {
  connectionFromKubeconfig,
  mergeKubeconfig,
  removeFromKubeconfig,
  standaloneKubeconfig,
} from '../../../../src/kubernetes/index.ts';
import { readYaml } from '../../../../src/kubernetes/kubeconfig/go-yaml.ts';
import {
  parseKubeconfig,
  printKubeconfig,
  setInEntry,
} from '../../../../src/kubernetes/kubeconfig/kubeconfig-document.ts';
import { silentReporter } from '../../../../src/report/index.ts';
import { ensureToolchain } from '../../../../src/toolchain/index.ts';

let kubectl = '';
let folder = '';
let path = '';
beforeAll(async () => {
  const signal = new AbortController().signal;
  const { bin } = await ensureToolchain({ reporter: silentReporter, signal, only: ['kubectl'] });
  kubectl = join(bin, 'kubectl');
}, 300_000);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'written-'));
  path = join(folder, 'config');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Names that are truth values and numbers where they are not in quotes. */
const names = ['eks-1', 'no', 'y', '0o7', '0b1', '1e3'];

const connections = () =>
  Promise.all(
    names.map((cluster) =>
      connectionFromKubeconfig({
        cluster,
        text: JSON.stringify({
          clusters: [{ name: 'c', cluster: { server: `https://${cluster}.test` } }],
          users: [{ name: 'u', user: { token: 'on' } }],
          contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
          'current-context': 'x',
        }),
      }),
    ),
  );

interface View {
  readonly contexts: readonly { readonly name: string }[] | null;
}

/** What kubectl reads of a file. */
async function view(): Promise<View> {
  const { stdout } = await execa(kubectl, ['--kubeconfig', path, 'config', 'view', '--raw', '-o', 'json']);
  return JSON.parse(stdout) as View;
}

const theirs = `# mine
apiVersion: v1
kind: Config
current-context: mine
clusters:
- cluster: {server: https://10.0.0.1, insecure-skip-tls-verify: yes}
  name: mine
contexts:
- context: {cluster: mine, user: mine} # by hand
  name: mine
users:
- name: mine
  user: {token: first}
`;

const taken: Readonly<Record<string, string>> = {
  nothing: '',
  blanks: ' \n\n',
  'a comment': '# nothing yet\n',
  'a comment without an end of line': '# nothing yet',
  'null with comments': '# nothing\nnull # yet\n',
  'the other null': '~',
  'a document marker': '---\n',
  'documents of nothing': '---\n---\n',
  'an empty map': '{}\n',
  'fields that nobody knows': 'unknown: [1]\n',
  'what is common': theirs,
  'a marker in front': `---\n${theirs}`,
  'a marker behind a comment': `# first\n---\n${theirs}`,
  'a second document': `${theirs}---\napiVersion: v1\nkind: Config\n# second\ncontexts: []\n`,
  'a second document of a comment': `${theirs}---\n# second\n`,
  'a second document that is no YAML': `${theirs}---\na: [\n`,
  'a second document behind null': `null\n---\n${theirs}`,
  'an end of the document': `${theirs}...\n# behind\n`,
  'a key twice': theirs.replace('token: first', 'token: first, token: second'),
  'the current context twice': theirs.replace(
    'current-context: mine',
    'current-context: other\ncurrent-context: mine',
  ),
  'a section twice': `contexts:\n- name: earlier\n  context: {cluster: c}\n${theirs}`,
  'an entry’s anchor': theirs
    .replace('user: {token', 'user: &a {token')
    .concat('- name: other\n  user: {<<: *a, as: somebody}\n'),
  'an entry that is an anchor’s': `mine: &e {name: other, user: {token: t}}\n${theirs}- *e\n`,
  'sections of null': 'apiVersion: v1\nkind: Config\nclusters: null\ncontexts: ~\nusers:\n',
  'an entry of nothing': `${theirs}- null\n`,
};

test.each(Object.entries(taken))(
  'contexts go into a kubeconfig of %s and out again without harm',
  async (_, text) => {
    await writeFile(path, text);
    const before = await view();
    await mergeKubeconfig({ path, mesh: 'demo', connections: await connections() });
    const contexts = (await view()).contexts?.map(({ name }) => name);
    const former = (before.contexts ?? []).map(({ name }) => name);
    expect(contexts?.toSorted()).toEqual([...former, ...names].toSorted());
    expect((await removeFromKubeconfig({ path, mesh: 'demo' })).toSorted()).toEqual(names.toSorted());
    expect(await view()).toEqual(before);
    const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.trim());
    const words = text
      .split('\n')
      .map((line) => line.replace(/^(null|~|\{\}|(clusters|contexts|users):( null| ~)?$) */, '').trim());
    expect(words.filter((line) => !lines.includes(line))).toEqual([]);
  },
);

test.each<[string, (text: string) => string | Buffer]>([
  ['JSON', (text) => JSON.stringify(readYaml(text))],
  ['JSON with tabs', (text) => JSON.stringify(readYaml(text), undefined, '\t')],
  ['carriage returns', (text) => text.replaceAll('\n', '\r\n')],
  ['a byte order mark', (text) => `\ufeff${text}`],
  ['UTF-16', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
])('and into one in %s', async (_, encoded) => {
  await writeFile(path, encoded(theirs));
  const before = await view();
  await mergeKubeconfig({ path, mesh: 'demo', connections: await connections() });
  expect((await view()).contexts).toHaveLength(names.length + 1);
  await removeFromKubeconfig({ path, mesh: 'demo' });
  expect(await view()).toEqual(before);
});

test.each([
  ['a list', '- a\n'],
  ['text', 'kubeconfig\n'],
  ['a section that is a map', 'contexts: {}\n'],
  ['an anchor that is not there', 'users: *absent\n'],
  ['no YAML', 'users: [\n'],
])('as kubectl, isthmus writes nothing into %s', async (_, text) => {
  await writeFile(path, text);
  await expect(view()).rejects.toThrow();
  const merging = mergeKubeconfig({ path, connections: await connections() });
  await expect(merging).rejects.toMatchObject({ code: 'KUBECONFIG_INVALID', where: { file: path } });
  await expect(removeFromKubeconfig({ path })).rejects.toMatchObject({ code: 'KUBECONFIG_INVALID' });
  expect(await readFile(path, 'utf8')).toBe(text);
});

test.each([
  ['alias', 'mine: &m []\ncontexts: *m\n'],
  ['merge key', 'mine: &m {contexts: []}\n<<: *m\n'],
])('a section that is there by an %s is refused, as others may be of it', async (_, text) => {
  await writeFile(path, text);
  await expect(mergeKubeconfig({ path, connections: await connections() })).rejects.toMatchObject({
    message: `${path} is not a kubeconfig: contexts is taken from an anchor and not written out`,
  });
  expect(await readFile(path, 'utf8')).toBe(text);
});

test('a kubeconfig of its own has text in quotes that kubectl would take for something else', async () => {
  await writeFile(path, standaloneKubeconfig(await connections()), { mode: 0o600 });
  expect((await view()).contexts?.map(({ name }) => name)).toEqual(names.toSorted());
});

test('what is no file is not replaced by one', async () => {
  spawnSync('mkfifo', [path]);
  await expect(mergeKubeconfig({ path, connections: await connections() })).rejects.toMatchObject({
    code: 'KUBECONFIG_INVALID',
    message: `${path} is no file that can be written to`,
  });
  expect((await stat(path)).isFIFO()).toBe(true);
});

test('of several kubeconfigs those without a context of the mesh are not locked, nor is /dev/null', async () => {
  const other = join(folder, 'other');
  await writeFile(other, theirs);
  await writeFile(`${other}.lock`, '');
  vi.stubEnv('KUBECONFIG', `${path}:${other}:/dev/null`);
  await mergeKubeconfig({ mesh: 'demo', connections: await connections() });
  expect(await removeFromKubeconfig({ mesh: 'demo' })).toEqual(names);
});

test('of several kubeconfigs one that is broken keeps none of the others', async () => {
  const broken = join(folder, 'broken');
  await mergeKubeconfig({ path, mesh: 'demo', connections: await connections() });
  await writeFile(broken, 'users: [\n');
  vi.stubEnv('KUBECONFIG', `${broken}:${path}`);
  await expect(removeFromKubeconfig({ mesh: 'demo' })).rejects.toMatchObject({
    code: 'KUBECONFIG_INVALID',
    where: { file: broken },
  });
  expect((await view()).contexts).toBeNull();
});

const provided = `of-all: &a
  auth-provider: # by hand
    name: oidc
    config: {id-token: first, id-token: second, client-id: me}
of-entry: &e {name: entry, user: *a}
users:
- name: alias
  user: *a
- name: merge
  user: {<<: *a}
- *e
- name: own
  user: {auth-provider: {name: oidc, config: {id-token: first, id-token: second, client-id: me}}}
`;

test.each(['alias', 'merge', 'entry', 'own'])(
  'a token that is renewed is written for user %s alone',
  (name) => {
    const document = parseKubeconfig(provided, 'config');
    setInEntry(document, { section: 'users', name, path: ['auth-provider', 'config', 'id-token'] }, 'third');
    const printed = printKubeconfig(document, provided);
    expect(printed).toContain('# by hand');
    const { users } = readYaml(printed) as { users: { name: string; user: unknown }[] };
    const user = (token: string) => ({
      'auth-provider': { name: 'oidc', config: { 'id-token': token, 'client-id': 'me' } },
    });
    expect(users).toEqual(
      ['alias', 'merge', 'entry', 'own'].map((one) => ({
        name: one,
        user: user(one === name ? 'third' : 'second'),
      })),
    );
  },
);
