import { chmod, lstat, open, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogue } from '../../../src/checks/index.ts';
import { IsthmusError } from '../../../src/errors/index.ts';
import type { ClusterProvider } from '../../../src/provider/index.ts';
import { ContextsMesh } from '../mesh/contexts-mesh.ts';
import { isthmus, type Ran, type RunOptions } from './command-line.ts';

let mesh: ContextsMesh;
let kubeconfig: string | undefined;
beforeAll(async () => {
  mesh = await ContextsMesh.start({ alive: 'healthy', shut: 'forbidding' });
  kubeconfig = process.env['KUBECONFIG'];
  process.env['KUBECONFIG'] = join(mesh.folder, 'written');
});
afterAll(async () => {
  if (kubeconfig === undefined) delete process.env['KUBECONFIG'];
  else process.env['KUBECONFIG'] = kubeconfig;
  await mesh.stop();
});

/** A mesh file of these contexts, as `-f` takes it. */
async function fileOf(...contexts: readonly string[]): Promise<string> {
  const path = join(mesh.folder, `${contexts.join('-')}.yaml`);
  await writeFile(path, mesh.text(contexts));
  return path;
}

const onFile = async (contexts: readonly string[], argv: readonly string[], options?: RunOptions) =>
  isthmus(['-f', await fileOf(...contexts), ...argv], options);

/** What standard output holds, if it is one JSON document and nothing else. */
const documentOf = ({ stdout }: Ran) => JSON.parse(stdout) as Record<string, unknown>;

describe('flags', () => {
  test.each([
    [['plna'], /unknown command 'plna'[\s\S]*plan/],
    [['plan', '--wrong'], /unknown option '--wrong'/],
    [['plan', '-o', 'yaml'], /Allowed choices are table, json/],
    [['status', '--interval', 'soon'], /expected whole seconds from 0 to 86400/],
    [['toolchain', 'prune', '--days', '-1'], /expected a whole number of days/],
    [['token', '--region', 'eu-west-1'], /required option '--cluster <name>' not specified/],
  ])('%j are refused with 2 and say what is wrong', async (argv, said) => {
    const ran = await isthmus(argv);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ran.stderr).toMatch(said);
  });

  test('that are wrong are a JSON error where JSON was asked for', async () => {
    const ran = await isthmus(['plan', '--wrong', '-ojson']);
    expect(ran.exitCode).toBe(2);
    expect(documentOf(ran)).toMatchObject({
      kind: 'Error',
      code: 'FLAGS_INVALID',
      message: expect.stringContaining('--wrong'),
    });
  });

  test.each([['--help'], ['--version'], ['help', 'up']])('%s is no error', async (...argv) => {
    const ran = await isthmus(argv);
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout.length).toBeGreaterThan(4);
    expect(ran.stderr).toBe('');
  });
});

describe('an error', () => {
  test.each([['-o', 'json'], ['-ojson'], ['--output', 'json'], ['--output=json']])(
    'is one JSON document with %s %s',
    async (...flags) => {
      const ran = await isthmus(['-f', join(mesh.folder, 'none.yaml'), 'plan', ...flags]);
      expect(ran.exitCode).toBe(2);
      expect(documentOf(ran)).toMatchObject({ kind: 'Error', code: 'MESH_FILE_MISSING' });
      expect(ran.stderr).toContain('MESH_FILE_MISSING');
    },
  );

  test('of a file called json is not printed as JSON', async () => {
    const ran = await isthmus(['contexts', '--kubeconfig', '-o json', '-f', join(mesh.folder, 'none.yaml')]);
    expect(ran.exitCode).toBe(2);
    expect(ran.stdout).toBe('');
  });

  test('that nobody meant is a defect, with 70 and its stack', async () => {
    const provider = { name: 'existing', list: () => JSON.parse('{') } as unknown as ClusterProvider;
    const ran = await onFile(['alive'], ['down', '--yes', '-o', 'json'], {
      providers: { existing: async () => provider },
    });
    expect(ran.exitCode).toBe(70);
    expect(documentOf(ran)).toMatchObject({ code: 'BUG' });
    expect(ran.stderr).toMatch(/SyntaxError[\s\S]* at /);
  });

  test('after an interruption is the interruption', async () => {
    const interrupt = new AbortController();
    interrupt.abort();
    const ran = await onFile(['alive'], ['status'], { signal: interrupt.signal });
    expect(ran.exitCode).toBe(130);
    expect(ran.stderr).toMatch(/INTERRUPTED/);
    expect(ran.stderr).not.toMatch(/ at .*\.ts:/);
  });

  test.each([
    ['MESH_FILE_INVALID', 2],
    ['TOOL_MISSING', 3],
    ['STACK_FAILED', 4],
  ] as const)('%s ends with %d', async (code, exitCode) => {
    const missingRequirements = async () => [new IsthmusError(code, 'not here')];
    const provider = { name: 'existing', missingRequirements } as unknown as ClusterProvider;
    const ran = await onFile(['alive'], ['up', '-o', 'json'], {
      providers: { existing: async () => provider },
    });
    expect(ran.exitCode).toBe(exitCode);
    expect(documentOf(ran)).toMatchObject({ kind: 'Error', code, message: 'not here' });
  });
});

// The product waits for such a cluster to come back, so these wait beside each other.
describe('down of clusters that isthmus did not make', () => {
  test('without a terminal needs --yes', async () => {
    const ran = await onFile(['alive'], ['down']);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ran.stderr).toMatch(/CONFIRMATION_MISSING[\s\S]*alive \(existing\)[\s\S]*--yes/);
  });

  test('on a terminal needs the name of the mesh', async () => {
    const plain = { env: { CI: 'true' } };
    const wrong = await onFile(['alive'], ['down'], { ...plain, typed: 'yes' });
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('nothing was removed of mesh demo');
    const right = await onFile(['alive'], ['down'], { ...plain, typed: 'demo' });
    expect(right.stderr).toContain('Write the mesh’s name to go on');
    expect(right).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('removed alive') });
  });

  test('is told beforehand by --dry-run, which needs no consent', async () => {
    const ran = await onFile(['alive', 'dead'], ['down', '--dry-run', '-o', 'json']);
    expect(ran.exitCode).toBe(4);
    expect(documentOf(ran)).toMatchObject({
      kind: 'RemovalPlan',
      clusters: [
        { cluster: 'alive', removes: [], keeps: [] },
        { cluster: 'dead', state: 'unreachable', unseen: { code: 'CLUSTER_UNREACHABLE' } },
      ],
    });
  });
});

describe.concurrent('a cluster that does not answer', () => {
  const code = 'CLUSTER_UNREACHABLE';

  test('is said by plan, which ends with 4', async () => {
    const ran = await onFile(['dead'], ['plan']);
    expect(ran.exitCode).toBe(4);
    expect(ran.stdout).toMatch(
      /^dead \(existing\): unreachable: dead at \S+ does not answer: connection refused$/m,
    );
    expect(ran.stdout).toMatch(/^mesh demo: 1 cluster could not be looked at$/m);
    const json = await onFile(['dead'], ['plan', '-o', 'json']);
    expect(json.exitCode).toBe(4);
    const clusters = [{ cluster: 'dead', state: 'unreachable', unseen: { code }, changes: [] }];
    expect(documentOf(json)).toMatchObject({ kind: 'PlanReport', changes: 0, clusters });
  });

  test('is a row of status, which ends with 4', async () => {
    const ran = await onFile(['dead', 'shut', 'alive'], ['status']);
    expect(ran.exitCode).toBe(4);
    expect(ran.stdout).toMatch(/^dead +existing +\S+ +unreachable/m);
    expect(ran.stdout).toMatch(/^shut +existing +\S+ +refused/m);
    expect(ran.stdout).toMatch(/^alive +existing +\S+ +ready/m);
  });

  test('is a failed check, and blocks the others of that cluster', async () => {
    const ran = await onFile(['dead'], ['check', '-o', 'json']);
    expect(ran.exitCode).toBe(1);
    const { results } = documentOf(ran) as { results: { id: string; outcome: { status: string } }[] };
    expect(results.filter(({ outcome }) => outcome.status === 'pass')).toEqual([]);
    expect(results.find(({ id }) => id === 'clusters')?.outcome.status).toBe('fail');
  });

  test('is left by down, which ends with 4', async () => {
    const ran = await onFile(['dead'], ['down', '--yes']);
    expect(ran.exitCode).toBe(4);
    expect(ran.stdout).toMatch(/^dead +unreachable +dead at/m);
    expect(ran.stdout).toMatch(/^REMOVE_INCOMPLETE: what isthmus made in dead is left/m);
    const json = await onFile(['dead'], ['down', '--yes', '-o', 'json']);
    expect(json.exitCode).toBe(4);
    expect(documentOf(json)).toMatchObject({ removed: [], unreachable: [{ cluster: 'dead', code }] });
  });

  test('and one that is removed both keep their contexts', async () => {
    const connection: ClusterProvider['connection'] = async (_, { name }) => {
      const known = mesh.servers['alive']?.connection;
      if (!known) throw new Error('no server');
      return { ...known, cluster: name };
    };
    const local = async () => ({ name: 'local', connection }) as unknown as ClusterProvider;
    const path = join(mesh.folder, 'same-names.yaml');
    await writeFile(path, mesh.text([], ['alive', 'dead']));
    expect((await isthmus(['-f', path, 'contexts'], { providers: { local } })).exitCode).toBe(0);
    const ran = await onFile(['alive', 'dead'], ['down', '--yes']);
    expect(ran.stdout).toMatch(/^alive +removed$/m);
    const written = await readFile(join(mesh.folder, 'written'), 'utf8');
    expect(written).toContain('name: alive');
    expect(written).toContain('name: dead');
  });

  test('keeps no context of another from being written', async () => {
    const connection: ClusterProvider['connection'] = async (_, { name }) => {
      const known = mesh.servers['alive']?.connection;
      if (name === 'lost' || !known) throw new IsthmusError(code, `${name} does not answer`);
      return { ...known, cluster: name };
    };
    const local = async () => ({ name: 'local', connection }) as unknown as ClusterProvider;
    const path = join(mesh.folder, 'lost-near.yaml');
    await writeFile(path, mesh.text([], ['lost', 'near']));
    const ran = await isthmus(['-f', path, 'contexts'], { providers: { local } });
    expect(ran.exitCode).toBe(4);
    expect(ran.stdout).toMatch(/^near +added/m);
    expect(ran.stdout).toMatch(/^lost +unreachable +lost does not answer$/m);
    expect(await readFile(join(mesh.folder, 'written'), 'utf8')).toContain('name: near');
  });
});

describe.concurrent('JSON on standard output', () => {
  test.each([
    ['plan'],
    ['status'],
    ['contexts'],
    ['check'],
    ['check', '--list'],
    ['doctor'],
    ['down'],
    ['toolchain'],
  ])('of %s %s is one document and nothing else', async (...argv) => {
    const ran = await onFile(['alive', 'dead'], ['--events', 'plain', ...argv, '-o', 'json']);
    expect(documentOf(ran)).toBeTypeOf('object');
  });

  test('of bundle says where the archive is and what it lacks', async () => {
    const archive = join(mesh.folder, 'bundle.tar.gz');
    const ran = await onFile(['dead'], ['bundle', '-d', archive, '-o', 'json']);
    expect(ran.exitCode).toBe(0);
    expect(documentOf(ran)).toMatchObject({ path: archive, missing: expect.arrayContaining([]) });
    expect((documentOf(ran)['missing'] as string[]).length).toBeGreaterThan(0);
  });

  test('of check --list has every check of the catalogue', async () => {
    const ran = await isthmus(['check', '--list', '-o', 'json']);
    expect(ran.exitCode).toBe(0);
    const ids = (JSON.parse(ran.stdout) as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual(catalogue.map(({ id }) => id));
  });
});

test('leaving a watch with Ctrl+C ends with 130, without a word', async () => {
  const interrupt = new AbortController();
  let screens = 0;
  const ran = await onFile(['alive'], ['status', '--watch', '--interval', '0', '-o', 'json'], {
    signal: interrupt.signal,
    onStdout: (text) => {
      screens = text.split('"kind": "StatusReport"').length - 1;
      if (screens === 2) interrupt.abort();
    },
  });
  expect(ran.exitCode).toBe(130);
  expect(screens).toBeGreaterThanOrEqual(2);
  expect(ran.stderr).toBe('');
});

test('init writes a file that is valid, and never over one that is there', async () => {
  const path = join(mesh.folder, 'new.yaml');
  expect((await isthmus(['-f', path, 'init'])).stdout).toBe(`${path} written; next: isthmus plan\n`);
  const again = await isthmus(['-f', path, 'init']);
  expect(again.exitCode).toBe(2);
  expect(again.stderr).toContain('MESH_FILE_EXISTS');
  const { parseTopology } = await import('../../../src/topology/index.ts');
  expect(parseTopology(await readFile(path, 'utf8'), path).clusters.length).toBeGreaterThan(0);
});

test('init --force puts the new text in the place of the old in one step, for the same readers', async () => {
  const path = join(mesh.folder, 'forced.yaml');
  const link = join(mesh.folder, 'link.yaml');
  await writeFile(path, 'old\n');
  await chmod(path, 0o640);
  await symlink(path, link);
  const reader = await open(path);
  const forced = await isthmus(['-f', link, 'init', '--force']);
  expect(forced.stdout).toBe(`${link} written; next: isthmus plan\n`);
  expect(await readFile(path, 'utf8')).toMatch(/^# A multi-primary/);
  expect((await stat(path)).mode & 0o777).toBe(0o640);
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  // Whoever has the old file open still reads all of it.
  expect(await reader.readFile('utf8')).toBe('old\n');
  await reader.close();
});
