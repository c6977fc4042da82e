import { spawnSync } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isIsthmusError } from '../../../src/errors/index.ts';
import { draftOf, entriesOf, fileError, readIfThere, writeWhole } from '../../../src/files/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const errno = (code: string, syscall: string, path?: string) =>
  Object.assign(new Error(`${code}: ${syscall}`), { code, syscall, ...(path ? { path } : {}) });

describe('writeWhole', () => {
  it('makes the folder and a file that its owner alone may read', async () => {
    const path = join(folder, 'new', 'key.pem');
    await writeWhole(path, 'secret');
    expect(await readFile(path, 'utf8')).toBe('secret');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'new'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'new'))).toEqual(['key.pem']);
  });

  it('narrows the rights of a file that was open to all', async () => {
    const path = join(folder, 'key.pem');
    await writeFile(path, 'old', { mode: 0o644 });
    await chmod(path, 0o666);
    await writeWhole(path, 'secret');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('gives the rights that are asked for, whatever the umask', async () => {
    const path = join(folder, 'run');
    const before = process.umask(0o077);
    try {
      await writeWhole(path, '#!/bin/sh', { mode: 0o755 });
    } finally {
      process.umask(before);
    }
    expect((await stat(path)).mode & 0o777).toBe(0o755);
  });

  it('replaces a symbolic link and leaves alone what it leads to', async () => {
    const target = join(folder, 'precious');
    await writeFile(target, 'precious');
    await symlink(target, join(folder, 'link'));
    await writeWhole(join(folder, 'link'), 'new');
    expect(await readFile(target, 'utf8')).toBe('precious');
    expect((await lstat(join(folder, 'link'))).isSymbolicLink()).toBe(false);
  });

  it('leaves no draft and the old folder behind when it fails', async () => {
    const path = join(folder, 'taken');
    await mkdir(path);
    await writeFile(join(path, 'inside'), '');
    await expect(writeWhole(path, 'text')).rejects.toMatchObject({ code: 'FILE_FAILED' });
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it('never uses the name of a draft twice', () => {
    expect(draftOf('a')).not.toBe(draftOf('a'));
  });
});

describe('reading', () => {
  it('takes a missing file or folder for nothing', async () => {
    expect(await readIfThere(join(folder, 'none'))).toBeUndefined();
    await writeFile(join(folder, 'file'), '');
    expect(await readIfThere(join(folder, 'file', 'below'))).toBeUndefined();
    expect(await entriesOf(join(folder, 'none'))).toEqual([]);
  });

  it('says which file this user may not read, and what to do', async () => {
    await mkdir(join(folder, 'closed'), { mode: 0o700 });
    await writeFile(join(folder, 'closed', 'secret'), '');
    const said = asNobody(join(folder, 'closed'), join(folder, 'closed', 'secret'));
    expect(said).toEqual([
      `FILE_DENIED cannot list ${folder}/closed: permission denied (EACCES)`,
      `FILE_DENIED cannot read ${folder}/closed/secret: permission denied (EACCES)`,
      `FILE_DENIED cannot write ${folder}/closed/secret: permission denied (EACCES)`,
    ]);
  });
});

/** What reading a folder and a file, and writing it, says to a user without rights. */
function asNobody(closed: string, file: string): string[] {
  const room = fileURLToPath(new URL('../../../src/files/index.ts', import.meta.url));
  const script = `
    const { entriesOf, readIfThere, writeWhole } = await import(${JSON.stringify(room)});
    process.setgid(65534);
    process.setgroups([]);
    process.setuid(65534);
    const say = (error) => console.log(error.code, error.message);
    await entriesOf(${JSON.stringify(closed)}).catch(say);
    await readIfThere(${JSON.stringify(file)}).catch(say);
    await writeWhole(${JSON.stringify(file)}, '').catch(say);`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return stdout ? stdout.trim().split('\n') : [stderr];
}

describe('fileError', () => {
  it.each([
    ['EACCES', 'open', { expected: 'FILE_DENIED', message: 'cannot open /x: permission denied (EACCES)' }],
    [
      'EROFS',
      'mkdir',
      { expected: 'FILE_DENIED', message: 'cannot make /x: the file system is read-only (EROFS)' },
    ],
    ['ENOSPC', 'open', { expected: 'DISK_FULL', message: 'cannot write /x: no space left' }],
    [
      'EMFILE',
      'open',
      { expected: 'FILE_FAILED', message: 'cannot open /x: too many files are open (EMFILE)' },
    ],
  ])('says %s of %s', (code, syscall, { expected, message }) => {
    const error = fileError(errno(code, syscall, '/x'));
    expect(isIsthmusError(error) && [error.code, error.message, Boolean(error.hint)]).toEqual([
      expected,
      message,
      true,
    ]);
  });

  it('says a full disk also where the failed write names no file', () => {
    expect(fileError(errno('ENOSPC', 'write'))).toMatchObject({ code: 'DISK_FULL' });
  });

  it('leaves alone what is no refusal of a file system', () => {
    const refused = errno('EACCES', 'connect');
    const missing = errno('ENOENT', 'open', '/x');
    expect([fileError(refused), fileError(missing), fileError('text')]).toEqual([refused, missing, 'text']);
  });
});
