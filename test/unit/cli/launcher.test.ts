import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const launcher = fileURLToPath(new URL('../../../isthmus', import.meta.url));

/** An npm whose `ci` does to node_modules what npm's does: it empties the folder, links followed. */
const npm =
  '#!/bin/sh\n[ "$1" = ci ] || exit 1\nmkdir -p node_modules/\nrm -rf node_modules/* node_modules/.isthmus\necho fresh > node_modules/package\n';

let folder: string;
let checkout: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-launcher-'));
  checkout = join(folder, 'checkout');
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(join(folder, 'bin', 'npm'), npm);
  await chmod(join(folder, 'bin', 'npm'), 0o755);
  for (const name of ['src', 'scripts', 'dist/cli']) await mkdir(join(checkout, name), { recursive: true });
  await copyFile(launcher, join(checkout, 'isthmus'));
  await writeFile(
    join(checkout, 'scripts/build.mjs'),
    "import fs from 'node:fs'; fs.writeFileSync('dist/.built', '');",
  );
  await writeFile(join(checkout, 'package.json'), '{}');
  await writeFile(join(checkout, 'package-lock.json'), '{}');
  await writeFile(join(checkout, 'dist/cli/main.js'), "console.log('isthmus runs');");
});
afterEach(() => rm(folder, { recursive: true }));

const run = () =>
  execa(join(checkout, 'isthmus'), [], {
    reject: false,
    env: { PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}` },
  });

/** Packages of another checkout, to which this one's node_modules leads. */
async function linked(): Promise<string> {
  const other = join(folder, 'other');
  await mkdir(other);
  await writeFile(join(other, 'package'), 'theirs');
  await symlink(other, join(checkout, 'node_modules'));
  return other;
}

describe('the launcher', () => {
  it('installs what is missing into a folder of its own', async () => {
    const ran = await run();
    expect(ran).toMatchObject({ exitCode: 0, stdout: 'isthmus runs' });
    expect(await readFile(join(checkout, 'node_modules/package'), 'utf8')).toBe('fresh\n');
  });

  it('refuses to install through a link, which would empty what is somebody else’s', async () => {
    const other = await linked();
    const ran = await run();
    expect(ran.exitCode).toBe(3);
    expect(ran.stderr).toContain(`node_modules is a symbolic link to ${other}`);
    expect(ran.stderr).toContain('remove the link');
    expect(await readFile(join(other, 'package'), 'utf8')).toBe('theirs');
  });

  it('refuses likewise when what the link leads to is older than the lock file', async () => {
    const other = await linked();
    await writeFile(join(other, '.isthmus'), '');
    await utimes(join(other, '.isthmus'), 1, 1);
    expect((await run()).exitCode).toBe(3);
    expect(await readFile(join(other, 'package'), 'utf8')).toBe('theirs');
  });

  it('runs with packages behind a link that are installed and new enough', async () => {
    const other = await linked();
    await writeFile(join(other, '.isthmus'), '');
    expect(await run()).toMatchObject({ exitCode: 0, stdout: 'isthmus runs' });
    expect(await readFile(join(other, 'package'), 'utf8')).toBe('theirs');
  });

  it.each([
    ['v18.20.1', 3],
    ['v20.18.3', 3],
    ['v20.19.0', 0],
    ['v22.0.0', 0],
    ['v24.3.1', 0],
  ])('with Node.js %s ends with %i', async (version, exitCode) => {
    const node = join(folder, 'bin', 'node');
    await writeFile(
      node,
      `#!/bin/sh\n[ "$1" = --version ] && echo ${version} && exit\nexec ${process.execPath} "$@"\n`,
    );
    await chmod(node, 0o755);
    const ran = await run();
    expect(ran.exitCode).toBe(exitCode);
    expect(ran.stderr.includes(`Node.js ${version} is too old`)).toBe(exitCode === 3);
  });
});
