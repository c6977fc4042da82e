import type { CommandContext } from '../../command-context.ts';
import { outputOption, resultStyle } from '../../operation.ts';
import { printResult } from '../../shell.ts';
import { registerToolchainAws } from './aws.ts';
import { registerToolchainBuild } from './build.ts';
import { registerToolchainPath } from './path.ts';
import { registerToolchainPrune } from './prune.ts';

interface ShowOptions {
  readonly output: 'table' | 'json';
  readonly verify?: boolean;
}

/** `isthmus toolchain`, which shows what is cached, and its commands, one file each. */
export function registerToolchain(context: CommandContext): void {
  const toolchain = context.program
    .command('toolchain')
    .description('the pinned programs that local clusters run: what is cached and from where')
    .addOption(outputOption('table', 'json'))
    .option('--verify', 'compare every cached file with its checksum')
    .addHelpText(
      'after',
      '\nExamples:\n  isthmus toolchain\n  isthmus toolchain build\n  export PATH="$(isthmus toolchain path):$PATH"',
    )
    .action((options: ShowOptions) => show(context, options));
  for (const register of [
    registerToolchainBuild,
    registerToolchainAws,
    registerToolchainPath,
    registerToolchainPrune,
  ])
    register(context, toolchain);
}

async function show(context: CommandContext, options: ShowOptions): Promise<void> {
  const { toolchainStatus } = await import('../../../toolchain/index.ts');
  const { renderToolchain } = await import('../../../ui/index.ts');
  const rows = await toolchainStatus({ verify: options.verify ?? false });
  printResult(context.shell, renderToolchain(rows, options.output, resultStyle(context)));
}
