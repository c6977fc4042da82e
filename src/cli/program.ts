import tab from '@bomb.sh/tab/commander';
import { Command, Option } from 'commander';
import type { CommandContext } from './command-context.ts';
import { registerBundle } from './commands/bundle.ts';
import { registerCheck } from './commands/check.ts';
import { registerContexts } from './commands/contexts.ts';
import { registerDashboard } from './commands/dashboard.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerDown } from './commands/down.ts';
import { registerDrill } from './commands/drill.ts';
import { registerInit } from './commands/init.ts';
import { registerPlan } from './commands/plan.ts';
import { registerRender } from './commands/render.ts';
import { registerRenew } from './commands/renew.ts';
import { registerRotate } from './commands/rotate/index.ts';
import { registerStatus } from './commands/status.ts';
import { registerToken } from './commands/token.ts';
import { registerToolchain } from './commands/toolchain/index.ts';
import { registerTrust } from './commands/trust/index.ts';
import { registerUp } from './commands/up.ts';
import { packageRoot } from './package-root.ts';

const epilogue = `
Exit codes: 0 done and true · 1 a check failed or was inconclusive · 2 wrong file or flags ·
  3 the environment lacks something · 4 a provider failed · 130 interrupted

Examples:
  isthmus up                          two local clusters, one mesh, traffic proved
  isthmus init && isthmus plan        write mesh.yaml, see what up would do
  isthmus check -o junit > mesh.xml   every check, for CI
  isthmus down                        remove it all, then audit that nothing is left`;

/** In the order of the help. */
const commands = [
  registerInit,
  registerPlan,
  registerUp,
  registerStatus,
  registerContexts,
  registerCheck,
  registerDoctor,
  registerDashboard,
  registerRenew,
  registerRotate,
  registerDrill,
  registerRender,
  registerBundle,
  registerDown,
  registerTrust,
  registerToken,
  registerToolchain,
];

/** The command line: declarations alone, every action loads its code when it runs. */
export function buildProgram({ shell, setExitCode, providers }: Omit<CommandContext, 'program'>): Command {
  const program = new Command('isthmus')
    .description('Builds, proves and keeps true a multi-primary, multi-network Istio mesh over N clusters.')
    .version(packageRoot()?.version ?? 'unknown', '-V, --version')
    .option('-f, --file <path>', 'the mesh file (default: mesh.yaml, or two local clusters without one)')
    .addOption(
      new Option('--events <how>', 'how progress is written to standard error')
        .choices(['auto', 'plain', 'json'])
        .default('auto'),
    )
    .option('--no-color', 'no colours')
    .option('-v, --verbose', 'also say what is usually left out')
    .addHelpText('after', epilogue)
    .showHelpAfterError('(isthmus --help lists commands and options)')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void shell.stdout.write(text),
      writeErr: (text) => void shell.stderr.write(text),
    });
  const context: CommandContext = { program, shell, setExitCode, providers };
  for (const register of commands) register(context);
  tab(program, { completionCommandName: 'completion' });
  return program;
}
