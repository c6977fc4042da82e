import { type Command, CommanderError } from 'commander';
import { exitCodeOf, IsthmusError, isIsthmusError, messageOf } from '../errors/index.ts';
import { fileError } from '../files/index.ts';
import type { CommandContext } from './command-context.ts';
import { buildProgram } from './program.ts';
import { type Shell, wantsColor } from './shell.ts';

/**
 * Run one command line to its end and return the exit code: 0 done and true, 1 a check failed,
 * 2 wrong file or flags, 3 the environment lacks something, 4 a provider failed, 70 a defect in
 * isthmus, 130 interrupted.
 * @param providers to use instead of the usual ones, for rehearsals
 */
export async function run(
  argv: readonly string[],
  shell: Shell,
  providers: CommandContext['providers'] = {},
): Promise<number> {
  let exitCode = 0;
  const setExitCode = (code: number) => {
    exitCode = code;
  };
  const program = buildProgram({ shell, setExitCode, providers });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    const json = wantsJson(program);
    if (error instanceof CommanderError) return reportUsage(error, shell, json);
    return reportError(error, shell, json);
  }
}

/** Only the command that was called has a value from the command line. */
function wantsJson(command: Command): boolean {
  const asked = command.getOptionValueSource('output') === 'cli';
  return (asked && command.getOptionValue('output') === 'json') || command.commands.some(wantsJson);
}

/** Help and the version are no errors; what is wrong with the flags was said by commander already. */
async function reportUsage(error: CommanderError, shell: Shell, json: boolean): Promise<number> {
  if (error.exitCode === 0) return 0;
  const { formatErrorJson } = await import('../ui/index.ts');
  const message = error.message.replace(/^error: /, '');
  if (json) shell.stdout.write(`${formatErrorJson(new IsthmusError('FLAGS_INVALID', message))}\n`);
  return exitCodeOf('user');
}

async function reportError(error: unknown, shell: Shell, json: boolean): Promise<number> {
  const { formatError, formatErrorJson } = await import('../ui/index.ts');
  const known = asIsthmusError(error, shell.signal.aborted);
  if (json) shell.stdout.write(`${formatErrorJson(known)}\n`);
  shell.stderr.write(`${formatError(known, { color: wantsColor(shell, shell.stderr) })}\n`);
  if (known.code === 'BUG' && error instanceof Error) shell.stderr.write(`${error.stack}\n`);
  return exitCodeOf(known.source);
}

function asIsthmusError(error: unknown, aborted: boolean): IsthmusError {
  if (aborted) return new IsthmusError('INTERRUPTED', 'interrupted; run the same command again to go on');
  const known = fileError(error);
  if (isIsthmusError(known)) return known;
  return new IsthmusError('BUG', messageOf(error), {
    hint: 'please report this with the output of `isthmus bundle`',
    cause: error,
  });
}
