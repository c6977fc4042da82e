import type { CommandContext } from '../command-context.ts';
import { outputOption, resultStyle, withOperation } from '../operation.ts';
import { seconds } from '../seconds.ts';
import { printResult } from '../shell.ts';

interface UpFlags {
  readonly output: 'table' | 'json' | 'junit';
  readonly wait?: number;
  readonly check: boolean;
  readonly replaceRoot?: boolean;
  readonly allowReplacement?: boolean;
}

/** `isthmus up` */
export function registerUp(context: CommandContext): void {
  context.program
    .command('up')
    .description('build the mesh or mend what differs, then prove it with traffic; converges when repeated')
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
      '\nExamples:\n  isthmus up\n  isthmus up -f examples/three-networks.yaml\n  isthmus up -o json | jq .summary',
    )
    .action(async (options: UpFlags) => {
      const { upMesh } = await import('../../mesh/index.ts');
      const { renderUp } = await import('../../ui/index.ts');
      const { exitCodeOfResults } = await import('../../report/index.ts');
      const install = context.shell.env['ISTHMUS_INSTALL'] === 'yes';
      const result = await withOperation(
        context,
        (operation) =>
          upMesh({
            ...operation,
            wait: options.wait === undefined ? undefined : options.wait * 1000,
            skipChecks: !options.check,
            replaceRoot: options.replaceRoot ?? false,
            allowReplacement: options.allowReplacement ?? false,
            install,
          }),
        { signs: true },
      );
      printResult(context.shell, renderUp(result, options.output, resultStyle(context)));
      if (options.check) context.setExitCode(exitCodeOfResults(result.results));
    });
}
