import { Option } from 'commander';
import { outputOption, resultStyle, withOperation } from '../operation.ts';
import { launcherPath } from '../package-root.ts';
import type { CommandContext } from '../program.ts';
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
    .action(async (options: ContextsOptions) => {
      const { writeContexts } = await import('../../mesh/index.ts');
      const { renderTable } = await import('../../ui/index.ts');
      const { kubeconfig: path, force = false, exec } = options;
      const plugin = { form: exec, command: exec === 'isthmus' ? launcherPath() : undefined };
      const merged = await withOperation(context, (operation) =>
        writeContexts({ ...operation, path, force, plugin }),
      );
      const rows = (['added', 'replaced', 'unchanged'] as const).flatMap((how) =>
        merged[how].map((name) => [name, how, merged.path]),
      );
      const text =
        options.output === 'json'
          ? JSON.stringify(merged, undefined, 2)
          : renderTable(['CONTEXT', 'CHANGE', 'KUBECONFIG'], rows, resultStyle(context));
      printResult(context.shell, text);
    });
}
