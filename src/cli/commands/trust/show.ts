import { outputOption, resultStyle, withOperation } from '../../operation.ts';
import { printResult } from '../../shell.ts';
import type { TrustContext } from './parts/trust-context.ts';

/** `isthmus trust show` */
export function registerTrustShow(context: TrustContext): void {
  context.trust
    .command('show')
    .description('which root each cluster has, until when, and whether this machine can sign; writes nothing')
    .addOption(outputOption('table', 'json'))
    .addHelpText('after', '\nExamples:\n  isthmus trust show\n  isthmus trust show -o json | jq .source')
    .action(async (options: { output: 'table' | 'json' }) => {
      const { trustOfMesh } = await import('../../../mesh/index.ts');
      const { renderTrust } = await import('../../../ui/index.ts');
      const { exitCodeOfUnseen } = await import('../../../report/index.ts');
      const report = await withOperation(context, trustOfMesh);
      printResult(context.shell, renderTrust(report, options.output, resultStyle(context)));
      context.setExitCode(exitCodeOfUnseen(report.clusters.flatMap(({ unseen }) => unseen ?? [])));
    });
}
