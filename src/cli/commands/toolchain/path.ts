import type { Command } from 'commander';
import type { CommandContext, GlobalOptions } from '../../command-context.ts';
import { selectReporter } from '../../operation.ts';
import { printResult } from '../../shell.ts';

/** `isthmus toolchain path` */
export function registerToolchainPath(context: CommandContext, toolchain: Command): void {
  toolchain
    .command('path')
    .description('print the folder of the programs')
    .action(() => path(context));
}

async function path(context: CommandContext): Promise<void> {
  const { ensureToolchain } = await import('../../../toolchain/index.ts');
  const reporter = await selectReporter(context.shell, context.program.opts<GlobalOptions>());
  try {
    const { bin } = await ensureToolchain({ reporter, signal: context.shell.signal });
    printResult(context.shell, bin);
  } finally {
    reporter.close();
  }
}
