import { isIsthmusError } from '../../errors/index.ts';
import { run } from '../../process/index.ts';

import { type Reporter, span } from '../../report/index.ts';

/**
 * Install the Debian packages that unmet requirements name in `packages`, having said so first.
 * Requirements that no package can meet stay unmet.
 */
export async function installMissing(
  missing: readonly Error[],
  context: { reporter: Reporter; signal: AbortSignal },
): Promise<void> {
  const packages = [...new Set(missing.flatMap((error) => (isIsthmusError(error) ? error.packages : [])))];
  if (packages.length === 0) return;
  await span(context.reporter, { title: `installing Debian packages: ${packages.join(' ')}` }, async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const options = { env, signal: context.signal, timeoutMs: 600_000 };
    await run('apt-get', ['update', '-qq'], options);
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options);
  });
}
