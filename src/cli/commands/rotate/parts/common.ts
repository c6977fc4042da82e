import { Option } from 'commander';
import { IsthmusError } from '../../../../errors/index.ts';
import type { RotationReport } from '../../../../report/index.ts';
import { ask, canAsk } from '../../../ask.ts';
import { outputOption, resultStyle } from '../../../operation.ts';
import { seconds } from '../../../seconds.ts';
import { printResult, wantsColor } from '../../../shell.ts';
import type { RotateContext } from './rotate-context.ts';

/** Flags of every command of `rotate`. */
export interface RotateFlags {
  readonly output: 'table' | 'json';
  readonly plan?: boolean;
  readonly yes?: boolean;
  readonly rate: number;
  /** False by --no-load. */
  readonly load: boolean;
  readonly gateTimeout: number;
  readonly page?: string;
}

/** The options that all of them have. */
export function rotateOptions(): Option[] {
  return [
    new Option('--plan', 'say where the mesh stands and what would be done; changes nothing'),
    new Option('--yes', 'begin without asking'),
    new Option('--rate <requests>', 'requests a second over each ordered pair of clusters')
      .argParser(seconds)
      .default(50),
    new Option('--no-load', 'send no requests beside it, and so prove nothing of losses'),
    new Option('--gate-timeout <seconds>', 'how long one gate may take').argParser(seconds).default(300),
    new Option('--page <file>', 'write the report as a page as well: .html, or .md'),
    outputOption('table', 'json'),
  ];
}

/** What the library takes of the flags. */
export const operationFlags = ({ plan, rate, load, gateTimeout }: RotateFlags) => ({
  plan: plan ?? false,
  rate: load ? rate : 0,
  gateTimeoutMs: gateTimeout * 1000,
});

/** Ask before a rotation begins. FLAGS_INVALID where nobody can be asked. */
export async function confirm({ shell }: RotateContext, flags: RotateFlags, what: string): Promise<void> {
  if (flags.yes || flags.plan) return;
  if (!canAsk(shell))
    throw new IsthmusError('FLAGS_INVALID', `${what} needs --yes where nobody can be asked`, {
      hint: 'look at --plan first, then run it with --yes',
    });
  const answer = await ask(shell, `${what}? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new IsthmusError('FLAGS_INVALID', 'not begun', { hint: 'answer y, or run it with --yes' });
}

/** Print the report, write its page, and set the exit code. */
export async function conclude(
  context: RotateContext,
  flags: RotateFlags,
  report: RotationReport,
): Promise<void> {
  const { formatError, renderRotation, rotationPage } = await import('../../../../ui/index.ts');
  const { exitCodeOfRotation } = await import('../../../../report/index.ts');
  printResult(context.shell, renderRotation(report, flags.output, resultStyle(context)));
  if (flags.page) {
    const { writeWhole } = await import('../../../../files/index.ts');
    await writeWhole(flags.page, rotationPage(report, flags.page.endsWith('.md') ? 'markdown' : 'html'));
  }
  if (report.error) {
    const { code, message, ...more } = report.error;
    const color = wantsColor(context.shell, context.shell.stderr);
    context.shell.stderr.write(`${formatError(new IsthmusError(code, message, more), { color })}\n`);
  }
  context.setExitCode(exitCodeOfRotation(report));
}
