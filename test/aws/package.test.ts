import { existsSync, mkdtempSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheRoot } from '../../src/toolchain/index.ts';
import { root } from '../e2e/bed.ts';
import { RehearsedAws } from './support/rehearsed-aws.ts';
import { meshText } from './support/stacks.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-package-'));
const cache = join(folder, 'cache', 'isthmus');
const env = {
  XDG_CACHE_HOME: join(folder, 'cache'),
  XDG_DATA_HOME: join(folder, 'data'),
  HOME: join(folder, 'home'),
};
const program = join(folder, 'node_modules', '.bin', 'isthmus');
const bytes = async (path: string) => Number((await execa('du', ['-sb', path])).stdout.split('\t')[0]);

/** The settings by which this machine's npm finds its registry, and the programs, which others test. */
async function prepareHome(): Promise<void> {
  await mkdir(env.HOME, { recursive: true });
  await mkdir(cache, { recursive: true });
  await symlink(join(cacheRoot(), 'toolchain'), join(cache, 'toolchain'));
  const settings = join(process.env['HOME'] ?? '/root', '.npmrc');
  if (existsSync(settings)) await cp(settings, join(env.HOME, '.npmrc'));
}

const isthmus = (...args: string[]) =>
  execa(program, args, { cwd: folder, env, reject: false, stdin: 'ignore' });

/** The packages that a file of types and those that it reads name; Node.js's own modules are not among them. */
async function packagesNamed(file: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(file)) return new Set();
  seen.add(file);
  const text = await readFile(file, 'utf8');
  const names = [...text.matchAll(/(?:from|import\() ?'(.+?)'/g)].map((match) => match[1] ?? '');
  const packages = names.filter((name) => !/^(\.|node:)/.test(name));
  const found = new Set(packages.map((name) => /^(@.+?\/)?.+?(?=\/|$)/.exec(name)?.[0] ?? name));
  for (const name of names.filter((one) => one.startsWith('.'))) {
    const read = join(dirname(file), name.replace(/\.[jt]s$/, '.d.ts'));
    for (const one of await packagesNamed(read, seen)) found.add(one);
  }
  return found;
}

/** As a build leaves it for what still runs of the one before. */
const former = join(root, 'dist', 'chunks', 'chunk-of-an-earlier-build.js');

let aws: RehearsedAws;

beforeAll(async () => {
  aws = await RehearsedAws.start();
  await prepareHome();
  await mkdir(dirname(former), { recursive: true });
  await writeFile(former, '');
  const packed = await execa('npm', ['pack', '--pack-destination', folder], { cwd: root });
  await writeFile(join(folder, 'package.json'), '{"private": true}');
  const tarball = join(folder, packed.stdout.trim().split('\n').at(-1) ?? '');
  await execa('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: folder, env });
  await cp(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
});
afterAll(() => rm(former, { force: true }));
afterAll(async () => {
  await aws?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the package as npm installs it', () => {
  it('weighs less than 120 MB, without what AWS needs', async () => {
    const installed = await bytes(join(folder, 'node_modules'));
    expect(installed).toBeLessThan(120_000_000);
    expect(existsSync(join(folder, 'node_modules', 'aws-cdk-lib'))).toBe(false);
  });

  it('has nothing of an earlier build that the checkout still keeps', async () => {
    const chunks = await readdir(join(folder, 'node_modules', 'isthmus', 'dist', 'chunks'));
    expect(chunks).not.toEqual([]);
    expect(chunks).not.toContain(basename(former));
  });

  it('has types, and with it come all packages that they name', async () => {
    const types = join(folder, 'node_modules', 'isthmus', 'dist', 'types');
    const named = [...(await packagesNamed(join(types, 'index.d.ts')))].sort();
    expect(named).not.toEqual([]);
    expect(named.filter((name) => !existsSync(join(folder, 'node_modules', name)))).toEqual([]);
    const user = join(folder, 'user.mts');
    await writeFile(user, "import { IsthmusError } from 'isthmus';\nnew IsthmusError('NO_SUCH_CODE', '');\n");
    const options = [
      '--module',
      'nodenext',
      '--strict',
      '--noEmit',
      '--skipLibCheck',
      '--typeRoots',
      join(root, 'node_modules/@types'),
      '--types',
      'node',
    ];
    const compiled = await execa('node', [join(root, 'node_modules/typescript/bin/tsc'), ...options, user], {
      reject: false,
    });
    expect(compiled.stdout).toMatch(/^\S+user\.mts\(2,18\): error TS2345: .*"NO_SUCH_CODE"/);
    expect(compiled.stdout.split('\n').filter((line) => line.includes('error'))).toHaveLength(1);
  });

  it('does for clusters that are not on AWS what it does in a checkout', async () => {
    const mesh = join(folder, 'examples', 'existing-contexts.yaml');
    const checked = await isthmus('render', '-f', mesh);
    const beside = await execa('./isthmus', ['render', '-f', mesh], { cwd: root, env, reject: false });
    expect([checked.exitCode, checked.stdout]).toEqual([beside.exitCode, beside.stdout]);
    expect(await readdir(cache)).not.toContain('aws');
  });

  it('installs what AWS needs once, by itself, and renders the same templates with it', async () => {
    const mesh = join(folder, 'mesh.yaml');
    await writeFile(mesh, meshText('packed', ['one', 'two']));
    const first = await isthmus('render', '-f', mesh);
    expect(first.exitCode, first.stderr).toBe(0);
    expect(first.stderr).toContain('packages for AWS (once)');
    const beside = await execa('./isthmus', ['render', '-f', mesh], { cwd: root, env });
    expect(first.stdout).toBe(beside.stdout);
    const second = await isthmus('render', '-f', mesh);
    expect([second.exitCode, second.stderr.includes('packages for AWS')]).toEqual([0, false]);
    const [installed = ''] = await readdir(join(cache, 'aws')).then((names) =>
      names.filter((name) => !name.endsWith('.lock')),
    );
    const { dependencies } = JSON.parse(
      await readFile(join(cache, 'aws', installed, 'package.json'), 'utf8'),
    );
    expect(Object.keys(dependencies)).toContain('aws-cdk-lib');
  });
});
