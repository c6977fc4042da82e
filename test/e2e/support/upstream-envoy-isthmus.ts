import { run } from '../../../src/cli/run.ts';
import { shutdownSignal } from '../../../src/cli/shutdown.ts';
import { localProvider } from '../../../src/local/index.ts';

// The command line as `isthmus` starts it. All that differs is what istiod is told of the proxies: the images in
// the test's registry have the layout of Istio's own, and an upstream Envoy in the place of Istio's.
const { signal, dispose } = shutdownSignal(process.stderr);
const { stdout, stderr, env } = process;
const local = async () => ({ ...localProvider(), proxyOf: async () => 'vanilla' as const });
process.exitCode = await run(process.argv.slice(2), { stdout, stderr, env, signal }, { local });
dispose();
