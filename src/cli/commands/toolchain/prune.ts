import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { printResult } from '../../shell.ts';

/** `isthmus toolchain prune` */
export function registerToolchainPrune(context: CommandContext, toolchain: Command): void {
  toolchain
    .command('prune')
    .description('remove the caches of other versions of which nothing runs')
    .option('--days <number>', 'only those that were not used for so many days', wholeNumber, 30)
    .action((options: { days: number }) => prune(context, options));
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number of days.');
}

async function prune(context: CommandContext, options: { days: number }): Promise<void> {
  const { removeOldToolchains } = await import('../../../toolchain/index.ts');
  const removed = await removeOldToolchains(options);
  const lines = removed.map((folder) => `removed ${folder}`);
  printResult(context.shell, lines.length > 0 ? lines.join('\n') : 'nothing to remove');
}
