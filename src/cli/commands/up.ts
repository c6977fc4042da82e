import { Option } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { outputOption, resultStyle, withOperation } from '../operation.ts';
import { seconds } from '../seconds.ts';
import { printResult } from '../shell.ts';

interface UpFlags {
  readonly output: 'table' | 'json' | 'junit';
  readonly wait?: number;
  readonly check: boolean;
  readonly sequential?: boolean;
  readonly replaceRoot?: boolean;
  readonly allowReplacement?: boolean;
}

/** `isthmus up` */
export function registerUp(context: CommandContext): void {
  context.program
    .command('up')
    .description('build the mesh or mend what differs, then prove it with traffic; converges when repeated')
    .argument(
      '[clusters...]',
      'only these clusters; of the others nothing is changed but their links with these',
    )
    .addOption(
      new Option(
        '--sequential',
        'one cluster after another, in the order given, with checks between; stops at the first failure',
      ).conflicts('check'),
    )
    .addOption(outputOption('table', 'json', 'junit'))
    .option(
      '--wait <seconds>',
      'how long the closing checks may need; by default as long as load balancers take there, 60 locally and 600 in a cloud',
      seconds,
    )
    .option('--no-check', 'leave the closing checks out')
    .option(
      '--replace-root',
      'put a new root in place of one whose key is lost; breaks mutual TLS until every pod has new certificates',
    )
    .option(
      '--allow-replacement',
      'let changes of the file replace what a cluster stands on, such as its subnets; interrupts the cluster',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  isthmus up\n  isthmus up -f examples/three-networks.yaml\n  isthmus up eks-2\n  isthmus up --sequential\n  isthmus up -o json | jq .summary',
    )
    .action((clusters: string[], flags: UpFlags) => up(context, clusters, flags));
}

async function up(context: CommandContext, clusters: string[], flags: UpFlags): Promise<void> {
  const { upMesh } = await import('../../mesh/index.ts');
  const { renderUp } = await import('../../ui/index.ts');
  const { exitCodeOfResults } = await import('../../report/index.ts');
  const install = context.shell.env['ISTHMUS_INSTALL'] === 'yes';
  const result = await withOperation(
    context,
    (operation) =>
      upMesh({
        ...operation,
        clusters,
        sequential: flags.sequential ?? false,
        wait: flags.wait === undefined ? undefined : flags.wait * 1000,
        skipChecks: !flags.check,
        replaceRoot: flags.replaceRoot ?? false,
        allowReplacement: flags.allowReplacement ?? false,
        install,
      }),
    { signs: true },
  );
  printResult(context.shell, await renderUp(result, flags.output, resultStyle(context)));
  if (flags.check) context.setExitCode(exitCodeOfResults(result.results));
}
