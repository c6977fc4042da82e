import type { CommandContext } from '../command-context.ts';
import { outputOption, resultStyle, withOperation } from '../operation.ts';
import { printResult } from '../shell.ts';

/** `isthmus plan` */
export function registerPlan(context: CommandContext): void {
  context.program
    .command('plan')
    .description('what up would change, per cluster; writes nothing')
    .addOption(outputOption('table', 'json'))
    .addHelpText(
      'after',
      '\nExamples:\n  isthmus plan\n  isthmus plan -f examples/eks-two-regions.yaml\n  isthmus plan -o json | jq .changes',
    )
    .action(async (options: { output: 'table' | 'json' }) => {
      const { planMesh } = await import('../../mesh/index.ts');
      const { renderPlan } = await import('../../ui/index.ts');
      const { exitCodeOfUnseen } = await import('../../report/index.ts');
      const plan = await withOperation(context, planMesh);
      printResult(context.shell, renderPlan(plan, options.output, resultStyle(context)));
      context.setExitCode(exitCodeOfUnseen(plan.clusters.flatMap(({ unseen }) => unseen ?? [])));
    });
}
