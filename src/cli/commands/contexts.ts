import { Option } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { outputOption, resultStyle, withOperation } from '../operation.ts';
import { launcherPath } from '../package-root.ts';
import { printResult } from '../shell.ts';

interface ContextsOptions {
  readonly output: 'table' | 'json';
  readonly kubeconfig?: string;
  readonly force?: boolean;
  readonly exec: 'isthmus' | 'aws';
}

/** `isthmus contexts` */
export function registerContexts(context: CommandContext): void {
  context.program
    .command('contexts')
    .description('write kubeconfig contexts named as in the file, without harming what is there')
    .addOption(outputOption('table', 'json'))
    .option('--kubeconfig <path>', 'the kubeconfig to write (default: $KUBECONFIG or ~/.kube/config)')
    .option('--force', 'replace contexts of the same name that isthmus did not write')
    .addOption(
      new Option('--exec <program>', 'what kubectl runs for tokens of EKS clusters')
        .choices(['isthmus', 'aws'])
        .default('isthmus'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  isthmus contexts && kubectl --context eks-1 get pods -A\n  isthmus contexts --kubeconfig ./mesh.kubeconfig',
    )
    .action((options: ContextsOptions) => contexts(context, options));
}

async function contexts(context: CommandContext, options: ContextsOptions): Promise<void> {
  const { writeContexts } = await import('../../mesh/index.ts');
  const { renderContexts } = await import('../../ui/index.ts');
  const { exitCodeOfUnseen } = await import('../../report/index.ts');
  const { kubeconfig: path, force = false, exec } = options;
  const plugin = { form: exec, command: exec === 'isthmus' ? launcherPath() : undefined };
  const result = await withOperation(context, (operation) =>
    writeContexts({ ...operation, path, force, plugin }),
  );
  printResult(context.shell, renderContexts(result, options.output, resultStyle(context)));
  context.setExitCode(exitCodeOfUnseen(result.unseen));
}
