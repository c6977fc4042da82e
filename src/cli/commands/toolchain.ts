import { InvalidArgumentError } from 'commander';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { outputOption, resultStyle, selectReporter } from '../operation.ts';
import { printResult } from '../shell.ts';

/** `isthmus toolchain` and its subcommands */
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
    .action((options: { output: 'table' | 'json'; verify?: boolean }) => show(context, options));
  toolchain
    .command('build')
    .description('download or build what is missing now')
    .action(() => buildAll(context));
  toolchain
    .command('path')
    .description('print the folder of the programs')
    .action(() => path(context));
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
  const { removeOldToolchains } = await import('../../toolchain/index.ts');
  const removed = await removeOldToolchains(options);
  const lines = removed.map((folder) => `removed ${folder}`);
  printResult(context.shell, lines.length > 0 ? lines.join('\n') : 'nothing to remove');
}

async function show(
  context: CommandContext,
  options: { output: 'table' | 'json'; verify?: boolean },
): Promise<void> {
  const { toolchainStatus } = await import('../../toolchain/index.ts');
  const { renderToolchain } = await import('../../ui/index.ts');
  const rows = await toolchainStatus({ verify: options.verify ?? false });
  printResult(context.shell, renderToolchain(rows, options.output, resultStyle(context)));
}

async function buildAll(context: CommandContext): Promise<void> {
  const { prepareMachine } = await import('../../mesh/index.ts');
  const reporter = await selectReporter(context.shell, context.program.opts<GlobalOptions>());
  try {
    const install = context.shell.env['ISTHMUS_INSTALL'] === 'yes';
    const { bin, images } = await prepareMachine({ reporter, signal: context.shell.signal, install });
    printResult(context.shell, `${bin}: ready, with ${images.length} image archives`);
  } finally {
    reporter.close();
  }
}

async function path(context: CommandContext): Promise<void> {
  const { ensureToolchain } = await import('../../toolchain/index.ts');
  const reporter = await selectReporter(context.shell, context.program.opts<GlobalOptions>());
  try {
    const { bin } = await ensureToolchain({ reporter, signal: context.shell.signal });
    printResult(context.shell, bin);
  } finally {
    reporter.close();
  }
}
