import type { BundleOptions } from '../../mesh/index.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { outputOption, selectReporter, withContexts } from '../operation.ts';
import { packageRoot } from '../package-root.ts';
import { printResult } from '../shell.ts';
import { topologyUnlessContexts } from '../topology-unless-contexts.ts';

interface BundleFlags {
  readonly output: 'text' | 'json';
  readonly context: readonly string[];
  readonly kubeconfig?: string;
  readonly destination?: string;
}

/** `isthmus bundle` */
export function registerBundle(context: CommandContext): void {
  withContexts(
    context.program
      .command('bundle')
      .description(
        'logs, configuration, dumps and findings of every cluster in one archive, secrets removed',
      ),
  )
    .option('-d, --destination <path>', 'the archive to write (default: isthmus-bundle-<mesh>-<time>.tar.gz)')
    .addOption(outputOption('text', 'json'))
    .addHelpText(
      'after',
      '\nExamples:\n  isthmus bundle\n  isthmus bundle -d mesh.tar.gz\n  isthmus bundle --context east --context west',
    )
    .action((flags: BundleFlags) => bundle(context, flags));
}

/** Wide enough that nothing a maintainer needs is cut. */
const tableWidth = 240;

async function bundle(context: CommandContext, flags: BundleFlags): Promise<void> {
  const { exportDashboard } = await import('../../dashboard/index.ts');
  const { bundleMesh } = await import('../../mesh/index.ts');
  const { formatSize, renderResults } = await import('../../ui/index.ts');
  const { shell, program, providers } = context;
  const globals = program.opts<GlobalOptions>();
  const topology = await topologyUnlessContexts(shell, globals, flags.context);
  const reporter = await selectReporter(shell, globals);
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  const { context: contexts, kubeconfig } = flags;
  const path = flags.destination ?? `isthmus-bundle-${topology?.name ?? 'contexts'}-${stamp}.tar.gz`;
  try {
    const { signal } = shell;
    const of = { topology, contexts, kubeconfig, version: packageRoot()?.version };
    const render: BundleOptions['render'] = (results, format) =>
      renderResults(results, format, { width: tableWidth });
    const page: BundleOptions['page'] = (checked) =>
      exportDashboard({ ...of, version: of.version ?? 'unknown', signal, providers, checked });
    const result = await bundleMesh({ ...of, path, render, page, reporter, signal, providers });
    const missing = result.missing.map((line) => `not collected: ${line}`);
    const lines = [
      `${path} (${result.files} files, ${formatSize(result.bytes)}), see MANIFEST.txt in it`,
      ...missing,
    ];
    printResult(shell, flags.output === 'json' ? JSON.stringify(result, undefined, 2) : lines.join('\n'));
  } finally {
    reporter.close();
  }
}
