import { type Command, Option } from 'commander';
import type { Operation } from '../mesh/index.ts';
import { watchTerminal } from '../process/index.ts';
import { askPassphrase } from './ask-passphrase.ts';
import { askSecondFactors } from './ask-second-factors.ts';
import type { CommandContext, GlobalOptions } from './command-context.ts';
import { type Shell, wantsColor } from './shell.ts';

/** `-o` with the formats that a command can print; the first is the default. */
export function outputOption(...formats: readonly string[]): Option {
  return new Option('-o, --output <format>', 'how the result is printed')
    .choices(formats)
    .default(formats[0]);
}

/** Let a command look at a mesh by contexts instead of the file. */
export function withContexts(command: Command): Command {
  return command
    .option(
      '--context <name>',
      'a cluster by its kubeconfig context instead of the file, once for each cluster; any mesh will do',
      (name: string, before: readonly string[]) => [...before, name],
      [],
    )
    .option('--kubeconfig <path>', 'where the contexts are (default: $KUBECONFIG or ~/.kube/config)');
}

/**
 * Run `work` as an operation on the mesh of the file, with progress drawn on standard error: a live
 * task list on a terminal, plain lines elsewhere, one JSON event a line on request.
 * @param options.signs it may have to sign with the root's key
 * @param options.offline it asks no cluster and no AWS
 */
export async function withOperation<T>(
  context: CommandContext,
  work: (operation: Operation) => Promise<T>,
  { signs = false, offline = false }: { readonly signs?: boolean; readonly offline?: boolean } = {},
): Promise<T> {
  const { shell, program, providers } = context;
  const globals = program.opts<GlobalOptions>();
  const { loadTopology } = await import('../topology/index.ts');
  const topology = await loadTopology(globals.file);
  if (!offline) await askSecondFactors(shell, topology);
  const passphrase = signs ? await askPassphrase(shell, topology) : undefined;
  const reporter = await selectReporter(shell, globals);
  try {
    return await work({ topology, reporter, signal: shell.signal, providers, passphrase });
  } finally {
    reporter.close();
  }
}

/** The reporter that flags and the terminal ask for. */
export async function selectReporter(shell: Shell, globals: GlobalOptions) {
  const { createReporter, jsonLinesReporter } = await import('../ui/index.ts');
  if (globals.events === 'json') return jsonLinesReporter(shell.stderr);
  const live = globals.events === 'auto' && shell.stderr.isTTY === true && !shell.env['CI'];
  const color = globals.color && wantsColor(shell, shell.stderr);
  const verbose = globals.verbose ?? false;
  return createReporter({ stream: shell.stderr, color, live, verbose, watchTerminal });
}

/** Colour and width for results on standard output. */
export function resultStyle({ shell, program }: CommandContext): { color: boolean; width: number } {
  const { color } = program.opts<GlobalOptions>();
  return { color: color && wantsColor(shell, shell.stdout), width: shell.stdout.columns ?? 120 };
}
