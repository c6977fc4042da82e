import type { CommandContext } from '../command-context.ts';
import { outputOption, resultStyle, withOperation } from '../operation.ts';
import { printResult } from '../shell.ts';

interface RenewFlags {
  readonly output: 'table' | 'json';
  readonly plan?: boolean;
}

/** `isthmus renew` */
export function registerRenew(context: CommandContext): void {
  context.program
    .command('renew')
    .description(
      'renew what ends soon, for cron and CI: intermediates and the tokens of remote secrets, nothing else',
    )
    .option('--plan', 'say what is due; changes nothing')
    .addOption(outputOption('table', 'json'))
    .addHelpText(
      'after',
      '\nExit code 1: something due could not be renewed; docs/renewal.md has a CronJob, a timer and a CI job.' +
        '\n\nExamples:\n  isthmus renew --plan\n  isthmus renew -o json | jq .summary',
    )
    .action(async (flags: RenewFlags) => {
      const { renewMesh } = await import('../../mesh/index.ts');
      const { renderRenewal } = await import('../../ui/index.ts');
      const { exitCodeOfRenewal } = await import('../../report/index.ts');
      const plan = flags.plan ?? false;
      const report = await withOperation(context, (operation) => renewMesh({ ...operation, plan }), {
        signs: true,
      });
      printResult(context.shell, renderRenewal(report, flags.output, resultStyle(context)));
      context.setExitCode(exitCodeOfRenewal(report));
    });
}
