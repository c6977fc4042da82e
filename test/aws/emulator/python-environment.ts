import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import lockfile from 'proper-lockfile';
import { run } from '../../../src/process/index.ts';

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));

/**
 * Path of a Python interpreter that has the emulator's packages. They are installed once, at pinned
 * versions with checked hashes, into a virtual environment under the cache; its folder is named by
 * the content of requirements.txt, so a changed pin makes a new one.
 */
export async function emulatorPython(): Promise<string> {
  const content = await readFile(requirements, 'utf8');
  const version = /^moto==(\S+)/m.exec(content)?.[1] ?? 'unknown';
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 8);
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'isthmus');
  const folder = join(cache, `moto-venv-${version}-${digest}`);
  const python = join(folder, 'bin', 'python');
  if (await exists(python)) return python;
  await mkdir(cache, { recursive: true });
  const release = await lockfile.lock(cache, {
    lockfilePath: `${folder}.lock`,
    retries: { retries: 600, minTimeout: 1000, maxTimeout: 1000 },
  });
  try {
    if (!(await exists(python))) await install(folder);
  } finally {
    await release();
  }
  return python;
}

/** A virtual environment knows its own path, so it is made in place and marked complete by its interpreter's name. */
async function install(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  const bin = join(folder, 'bin');
  const unfinished = join(bin, 'python.unfinished');
  await rename(join(bin, 'python'), unfinished);
  const pip = ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--requirement', requirements];
  await run(unfinished, pip, { timeoutMs: 600_000 });
  await rename(unfinished, join(bin, 'python'));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
