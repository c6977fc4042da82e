import { setTimeout as delay } from 'node:timers/promises';
import type { CommandContext } from '../command-context.ts';
import { outputOption, resultStyle, withOperation } from '../operation.ts';
import { seconds } from '../seconds.ts';
import { printResult } from '../shell.ts';

interface StatusOptions {
  readonly output: 'table' | 'json';
  readonly watch?: boolean;
  readonly interval: number;
}

/** `isthmus status` */
export function registerStatus(context: CommandContext): void {
  context.program
    .command('status')
    .description('one screen: clusters, istiods, gateways, certificates, remote sync')
    .addOption(outputOption('table', 'json'))
    .option('-w, --watch', 'look again until interrupted')
    .option('--interval <seconds>', 'pause between two looks', seconds, 2)
    .addHelpText('after', '\nExamples:\n  isthmus status\n  isthmus status --watch --interval 5')
    .action(async (options: StatusOptions) => {
      if (options.watch) await watch(context, options);
      else context.setExitCode(await showStatus(context, options));
    });
}

/** Returns the exit code: not 0 if a cluster could not be looked at. */
async function showStatus(context: CommandContext, options: StatusOptions): Promise<number> {
  const { statusOfMesh } = await import('../../mesh/index.ts');
  const { renderStatus } = await import('../../ui/index.ts');
  const { exitCodeOfUnseen } = await import('../../report/index.ts');
  const status = await withOperation(context, statusOfMesh);
  const clear =
    options.watch && context.shell.stdout.isTTY && options.output === 'table' ? '\u001b[2J\u001b[H' : '';
  printResult(context.shell, clear + renderStatus(status, options.output, resultStyle(context)));
  return exitCodeOfUnseen(status.clusters.flatMap(({ unseen }) => unseen ?? []));
}

/** Ends with 130 and without a word when the user interrupts: that is how one leaves a watch. */
async function watch(context: CommandContext, options: StatusOptions): Promise<void> {
  const { signal } = context.shell;
  while (!signal.aborted) {
    try {
      await showStatus(context, options);
      await delay(options.interval * 1000, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
  context.setExitCode(130);
}
