import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { RunError, run } from '../../process/index.ts';
import { type Reporter, span } from '../../report/index.ts';
import { withCacheLock } from '../cache/cache-lock.ts';
import { cacheRoot, packageRoot } from '../cache/folders.ts';
import { resolveFrom } from './resolve-from.ts';

export interface AwsPackagesOptions {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** What the published package carries of them: their names, and a lock file with versions and checksums. */
const manifests = ['package.json', 'package-lock.json'];

let underWay: Promise<string | undefined> | undefined;

/**
 * Make sure that the CDK and the AWS SDK can be imported from now on. They are three quarters of what isthmus
 * would weigh, so the published package does not bring them: they are installed by npm into the cache when an
 * EKS cluster or a root in AWS first needs them, in the versions and with the checksums of its lock file.
 * Returns their folder; undefined in a checkout, which has them. Throws TOOL_MISSING without npm,
 * DOWNLOAD_FAILED or INTERRUPTED.
 */
export function ensureAwsPackages(options: AwsPackagesOptions): Promise<string | undefined> {
  underWay ??= ensure(packageRoot(), options);
  underWay.catch(() => {
    underWay = undefined;
  });
  return underWay;
}

async function ensure(root: string, options: AwsPackagesOptions): Promise<string | undefined> {
  if (existsSync(join(root, 'src'))) return undefined;
  const from = join(root, 'dist', 'aws');
  const folder = await folderOf(from);
  if (!existsSync(folder)) {
    const lock = join(cacheRoot(), 'aws');
    await withCacheLock(lock, options, async () => {
      if (!existsSync(folder)) await install(from, folder, options);
    });
  }
  resolveFrom({ root, folder, names: await namesOf(from) });
  return folder;
}

async function folderOf(from: string): Promise<string> {
  const lock = await readFile(join(from, 'package-lock.json'));
  return join(cacheRoot(), 'aws', createHash('sha256').update(lock).digest('hex').slice(0, 16));
}

async function namesOf(from: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(from, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return Object.keys(manifest.dependencies);
}

/** Half installed never counts: a draft gets its name when it is whole. */
async function install(from: string, folder: string, { reporter, signal }: AwsPackagesOptions) {
  await mkdir(join(folder, '..'), { recursive: true });
  const draft = await mkdtemp(`${folder}.draft-`);
  try {
    for (const file of manifests) await copyFile(join(from, file), join(draft, file));
    await span(reporter, { title: 'packages for AWS (once)' }, () => npmCi(draft, signal));
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function npmCi(cwd: string, signal: AbortSignal): Promise<void> {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  try {
    await run('npm', ['ci', '--omit=dev', '--ignore-scripts', ...quiet], { cwd, signal });
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    if (error.code === 'TOOL_MISSING')
      throw new IsthmusError('TOOL_MISSING', 'npm is missing, which installs the packages for AWS', {
        hint: 'install npm, which comes with Node.js',
        cause: error,
      });
    const said = error.stderr.trim().split('\n').at(0) ?? '';
    throw new IsthmusError('DOWNLOAD_FAILED', `npm cannot install the packages for AWS: ${said}`, {
      hint: 'check that npm reaches its registry: npm ping; its settings for mirrors and proxies apply here too',
      cause: error,
    });
  }
}
