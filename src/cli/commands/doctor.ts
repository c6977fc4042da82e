import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { outputOption, resultStyle, selectReporter, withContexts } from '../operation.ts';
import { printResult } from '../shell.ts';
import { topologyUnlessContexts } from '../topology-unless-contexts.ts';

interface DoctorFlags {
  readonly output: 'table' | 'json' | 'junit';
  readonly context: readonly string[];
  readonly kubeconfig?: string;
  readonly all?: boolean;
}

/** `isthmus doctor` */
export function registerDoctor(context: CommandContext): void {
  withContexts(
    context.program
      .command('doctor')
      .description(
        'find the first broken link between the clusters, why, and what mends it; changes nothing',
      ),
  )
    .option('--all', 'go on after the first broken link')
    .addOption(outputOption('table', 'json', 'junit'))
    .addHelpText(
      'after',
      '\nExamples:\n  isthmus doctor\n  isthmus doctor --context east --context west\n  isthmus doctor --all -o json',
    )
    .action((flags: DoctorFlags) => doctor(context, flags));
}

async function doctor(context: CommandContext, flags: DoctorFlags): Promise<void> {
  const { doctorMesh } = await import('../../mesh/index.ts');
  const { renderResults } = await import('../../ui/index.ts');
  const { exitCodeOfResults } = await import('../../report/index.ts');
  const { shell, program, providers } = context;
  const globals = program.opts<GlobalOptions>();
  const topology = await topologyUnlessContexts(shell, globals, flags.context);
  const reporter = await selectReporter(shell, globals);
  try {
    const { context: contexts, kubeconfig, all } = flags;
    const { signal } = shell;
    const results = await doctorMesh({ topology, contexts, kubeconfig, all, reporter, signal, providers });
    printResult(shell, await renderResults(results, flags.output, resultStyle(context)));
    context.setExitCode(exitCodeOfResults(results));
  } finally {
    reporter.close();
  }
}
