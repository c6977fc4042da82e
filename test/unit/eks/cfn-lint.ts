import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../src/process/index.ts';

const version = '1.58.0';

/** Path of cfn-lint, installed into the cache first if this machine lacks that version. */
export async function cfnLint(): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'isthmus', `cfn-lint-${version}`);
  const program = join(folder, 'bin', 'cfn-lint');
  const marker = join(folder, 'installed');
  const present = await access(marker).then(
    () => true,
    () => false,
  );
  if (present) return program;
  await run('python3', ['-m', 'venv', '--clear', folder]);
  await run(join(folder, 'bin', 'pip'), ['install', '--quiet', `cfn-lint==${version}`], {
    timeoutMs: 300_000,
  });
  await run('touch', [marker]);
  return program;
}
