import { run } from '../../../src/cli/run.ts';
import { shutdownSignal } from '../../../src/cli/shutdown.ts';
import { localProvider } from '../../../src/local/index.ts';

// The command line as `isthmus` starts it; only the local API servers grant tokens for a day at most, as
// managed ones do.
const { signal, dispose } = shutdownSignal(process.stderr);
const { stdout, stderr, env } = process;
const extraApiServerArgs = () => ['--service-account-max-token-expiration=24h'];
process.exitCode = await run(
  process.argv.slice(2),
  { stdout, stderr, env, signal },
  { local: async () => localProvider({ extraApiServerArgs }) },
);
dispose();
