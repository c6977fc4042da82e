import type { Command } from 'commander';
import type { CommandContext, GlobalOptions } from '../../command-context.ts';
import { selectReporter } from '../../operation.ts';
import { printResult } from '../../shell.ts';

/** `isthmus toolchain build` */
export function registerToolchainBuild(context: CommandContext, toolchain: Command): void {
  toolchain
    .command('build')
    .description('download or build what is missing now')
    .action(() => buildAll(context));
}

async function buildAll(context: CommandContext): Promise<void> {
  const { prepareMachine } = await import('../../../mesh/index.ts');
  const reporter = await selectReporter(context.shell, context.program.opts<GlobalOptions>());
  try {
    const install = context.shell.env['ISTHMUS_INSTALL'] === 'yes';
    const { bin, images } = await prepareMachine({ reporter, signal: context.shell.signal, install });
    printResult(context.shell, `${bin}: ready, with ${images.length} image archives`);
  } finally {
    reporter.close();
  }
}
