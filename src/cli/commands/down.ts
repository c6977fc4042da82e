import type { CommandContext } from '../command-context.ts';
import { outputOption, resultStyle, withOperation } from '../operation.ts';
import { printResult } from '../shell.ts';

/** `isthmus down` */
export function registerDown(context: CommandContext): void {
  context.program
    .command('down')
    .description('load balancers first, then clusters, then an audit that nothing is left')
    .argument('[clusters...]', 'only these clusters (default: the whole mesh)')
    .option('--force', 'go on where a cluster that stays cannot be made to forget one that goes')
    .addOption(outputOption('table', 'json'))
    .addHelpText('after', '\nExamples:\n  isthmus down\n  isthmus down eks-3')
    .action(async (clusters: string[], options: { output: 'table' | 'json'; force?: boolean }) => {
      const { downMesh, removeContexts } = await import('../../mesh/index.ts');
      const { renderDown } = await import('../../ui/index.ts');
      const { exitCodeOfUnseen } = await import('../../report/index.ts');
      const result = await withOperation(context, async (operation) => {
        const done = await downMesh({ ...operation, clusters, force: options.force === true });
        await removeContexts(operation.topology, done.removed);
        return done;
      });
      printResult(context.shell, renderDown(result, options.output, resultStyle(context)));
      context.setExitCode(exitCodeOfUnseen(result.unreachable) || (result.leftovers.length === 0 ? 0 : 1));
    });
}
