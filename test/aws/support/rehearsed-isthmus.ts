import { run } from '../../../src/cli/run.ts';
import { shutdownSignal } from '../../../src/cli/shutdown.ts';
import { eksProvider } from '../../../src/eks/index.ts';
import { localProvider } from '../../../src/local/index.ts';
import type { ClusterProvider } from '../../../src/provider/index.ts';

// The command line as `isthmus` starts it, in a process of its own. All that differs is what local API
// servers need: the plain Envoy's settings for istiod, one node's size, and their load balancers' class.
const { signal, dispose } = shutdownSignal(process.stderr);
const { stdout, stderr, env } = process;
const shell = { stdout, stderr, env, signal };
process.exitCode = await run(process.argv.slice(2), shell, { eks: async () => rehearsedEks() });
dispose();

function rehearsedEks(): ClusterProvider {
  const eks = eksProvider({ pollMs: 200 });
  const real = eks.capabilities.bind(eks);
  eks.capabilities = (spec) => ({
    ...localProvider().capabilities(spec),
    loadBalancers: {
      ingress: { ...real(spec).loadBalancers.ingress, class: 'isthmus.io/local' },
      eastWest: { ...real(spec).loadBalancers.eastWest, class: 'isthmus.io/local' },
    },
  });
  return eks;
}
