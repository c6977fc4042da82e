import type { Shell } from './shell.ts';

/**
 * Have what AWS needs before the first thing that needs it, and say so where that takes a minute. Returns its
 * folder; undefined in a checkout.
 */
export async function needAwsPackages(shell: Shell): Promise<string | undefined> {
  const { createReporter } = await import('../ui/index.ts');
  const { ensureAwsPackages } = await import('../toolchain/index.ts');
  const reporter = createReporter({ stream: shell.stderr, color: false, live: false, verbose: false });
  try {
    return await ensureAwsPackages({ reporter, signal: shell.signal });
  } finally {
    reporter.close();
  }
}
