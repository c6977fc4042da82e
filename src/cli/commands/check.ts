import type { CommandContext } from '../command-context.ts';
import { outputOption, resultStyle, withOperation } from '../operation.ts';
import { seconds } from '../seconds.ts';
import { printResult } from '../shell.ts';

interface CheckFlags {
  readonly output: 'table' | 'json' | 'junit';
  readonly wait?: number | true;
  readonly list?: boolean;
}

/** `isthmus check` */
export function registerCheck(context: CommandContext): void {
  context.program
    .command('check')
    .description('is the mesh as it should be? reads only; exit code 1 if a check fails or is inconclusive')
    .argument('[names...]', 'checks by name, such as lb, sync, trust, traffic (default: all)')
    .addOption(outputOption('table', 'json', 'junit'))
    .option('--wait [seconds]', 'look again until every check passes, at most so long', (text) =>
      seconds(text),
    )
    .option('--list', 'list the checks and what each states')
    .addHelpText(
      'after',
      '\nExamples:\n  isthmus check\n  isthmus check lb traffic -o json\n  isthmus check --wait 120 -o junit > mesh.xml',
    )
    .action((names: string[], flags: CheckFlags) =>
      flags.list ? list(context, flags) : check(context, names, flags),
    );
}

async function check(context: CommandContext, names: readonly string[], flags: CheckFlags): Promise<void> {
  const { checkMesh } = await import('../../mesh/index.ts');
  const { renderResults } = await import('../../ui/index.ts');
  const { exitCodeOfResults } = await import('../../report/index.ts');
  const wait = (flags.wait === true ? 120 : Number(flags.wait ?? 0)) * 1000;
  const results = await withOperation(context, (operation) => checkMesh({ ...operation, names, wait }));
  printResult(context.shell, await renderResults(results, flags.output, resultStyle(context)));
  context.setExitCode(exitCodeOfResults(results));
}

async function list(context: CommandContext, flags: CheckFlags): Promise<void> {
  const { catalogue } = await import('../../checks/index.ts');
  const { renderTable } = await import('../../ui/index.ts');
  const rows = catalogue.map(({ id, title, needs }) => ({ id, title, needs }));
  const text =
    flags.output === 'json'
      ? JSON.stringify(rows, undefined, 2)
      : renderTable(
          ['CHECK', 'STATES', 'NEEDS'],
          rows.map((row) => [row.id, row.title, row.needs.join(' ')]),
          resultStyle(context),
        );
  printResult(context.shell, text);
}
